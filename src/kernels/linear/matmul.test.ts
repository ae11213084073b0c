import { onProcessor } from '../on-processor.ts';
import { describeMatmul } from './matmul.cases.ts';

onProcessor((open) => describeMatmul(open, ['registers32x64']));
