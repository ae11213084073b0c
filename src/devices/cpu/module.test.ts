import { afterEach, expect, test, vi } from 'vitest';
import { chooseBuild, loadModule } from './module.ts';

afterEach(() => vi.restoreAllMocks());

test('a browser without SIMD or without wide addresses is told so', async () => {
  // What an engine answers that does not know the instructions.
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  await expect(chooseBuild(false, 'CPU')).rejects.toMatchObject({ code: 'cpu-no-simd', place: 'CPU' });
});

test('kernels that cannot be fetched are told with the reason', async () => {
  // As in a browser, where there is no file system: fetch reads no file: address.
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  const loaded = loadModule({ relaxed: false, wide: false }, false);
  await expect(loaded).rejects.toMatchObject({
    code: 'cpu-no-kernels',
    place: expect.stringMatching(/kernels\.wasm$/),
    details: { reason: expect.stringMatching(/./) },
  });
});
