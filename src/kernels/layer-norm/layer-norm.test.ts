import { onProcessor } from '../on-processor.ts';
import { describeLayerNorm } from './layer-norm.cases.ts';

onProcessor(describeLayerNorm);
