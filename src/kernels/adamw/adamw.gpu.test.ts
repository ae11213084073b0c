import { Gpu } from '../../devices/gpu/device.ts';
import { describeAdamW } from './adamw.cases.ts';

describeAdamW(() => Gpu.open(navigator.gpu));
