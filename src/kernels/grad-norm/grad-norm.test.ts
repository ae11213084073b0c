import { onProcessor } from '../on-processor.ts';
import { describeGradNorm } from './grad-norm.cases.ts';

onProcessor(describeGradNorm);
