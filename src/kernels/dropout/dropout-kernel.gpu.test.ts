import { Gpu } from '../../devices/gpu/device.ts';
import { describeDropout } from './dropout-kernel.cases.ts';

describeDropout(() => Gpu.open(navigator.gpu));
