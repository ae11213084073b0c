import { Gpu } from '../../devices/gpu/device.ts';
import { describeEmbedding } from './embedding.cases.ts';

describeEmbedding(() => Gpu.open(navigator.gpu));
