import { onProcessor } from '../on-processor.ts';
import { describeConv } from './conv.cases.ts';

onProcessor(describeConv);
