import { onProcessor } from '../on-processor.ts';
import { describeEmbedding } from './embedding.cases.ts';

onProcessor(describeEmbedding);
