import { onProcessor } from '../on-processor.ts';
import { describeSpanLoss } from './span-loss.cases.ts';

onProcessor(describeSpanLoss);
