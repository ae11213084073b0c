import { onProcessor } from '../on-processor.ts';
import { describeDropout } from './dropout-kernel.cases.ts';

onProcessor(describeDropout);
