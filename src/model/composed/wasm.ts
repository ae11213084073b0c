import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/**
 * Makes WebAssembly (SIMD, one thread) the backend of tfjs: about seven times as fast as its plain JavaScript one, and the
 * same on every processor. `paths` is the folder of the .wasm files, with a slash at its end, or the URL of each by name.
 */
export async function useWasm(paths: string | Record<string, string>): Promise<void> {
  // tfjs starts its threads from the text of a function, which does not survive a bundler's renaming.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (typeof paths === 'string') setWasmPaths(paths);
  else setWasmPaths(paths);
  await tf.setBackend('wasm');
  await tf.ready();
}
