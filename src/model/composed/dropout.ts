import * as tf from '@tensorflow/tfjs';
import { dropoutKey, dropoutMask } from '../../kernels/dropout/dropout.ts';
import type { Dropout } from './deberta.ts';

/** Dropout of one micro-batch: the masks are made on the CPU (slow, exact) and multiplied in. */
export function dropoutOf(seed: number, microBatch: number): Dropout {
  return (x, site, p) => {
    if (p === 0) return x;
    const mask = dropoutMask(dropoutKey(seed, microBatch, site), x.size, p);
    return tf.mul(x, tf.tensor(mask, x.shape));
  };
}
