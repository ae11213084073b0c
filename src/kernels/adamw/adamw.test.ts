import { onProcessor } from '../on-processor.ts';
import { describeAdamW } from './adamw.cases.ts';

onProcessor(describeAdamW);
