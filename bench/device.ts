import { create, globals } from 'webgpu';
import { Gpu } from '../src/devices/gpu/device.ts';

/** Dawn on the best adapter. Throws ManabiError gpu-no-adapter (README.md says what to install). */
export async function openGpu(): Promise<Gpu> {
  Object.assign(globalThis, globals);
  return Gpu.open(create([]));
}
