import { afterEach, expect, test, vi } from 'vitest';
import { Gpu } from './device.ts';

afterEach(() => vi.unstubAllGlobals());

test('why there is no GPU is told apart: no WebGPU, a page over plain http, no adapter', async () => {
  vi.stubGlobal('isSecureContext', true);
  await expect(Gpu.open(undefined)).rejects.toMatchObject({ code: 'gpu-unavailable' });
  vi.stubGlobal('isSecureContext', false);
  await expect(Gpu.open(undefined)).rejects.toMatchObject({ code: 'gpu-insecure' });
  const without = { requestAdapter: async () => null } as unknown as GPU;
  await expect(Gpu.open(without)).rejects.toMatchObject({ code: 'gpu-no-adapter' });
});
