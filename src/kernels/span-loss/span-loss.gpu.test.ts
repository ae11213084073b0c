import { Gpu } from '../../devices/gpu/device.ts';
import { describeSpanLoss } from './span-loss.cases.ts';

describeSpanLoss(() => Gpu.open(navigator.gpu));
