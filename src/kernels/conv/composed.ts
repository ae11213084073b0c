// The convolution layer's own work in composed tfjs operations: what its kernels are held to.
import * as tf from '@tensorflow/tfjs';
import { gelu } from '../../model/composed/operations.ts';

/** x [B, N, H], weight [H, H / groups, K] as torch's Conv1d stores it -> [B, N, H], the rows padded with zeros. */
export function composedConvolution(x: tf.Tensor, weight: tf.Tensor, groups: number): tf.Tensor {
  const filters = tf.transpose(weight, [2, 1, 0]) as tf.Tensor3D;
  // tf.split into one part has no gradient.
  const cut = (whole: tf.Tensor3D): tf.Tensor3D[] => (groups === 1 ? [whole] : tf.split(whole, groups, 2));
  const kernels = cut(filters);
  return tf.concat(
    cut(x as tf.Tensor3D).map((part, g) => tf.conv1d(part, kernels[g], 1, 'same')),
    2,
  );
}

/** residual + act(dropout((x + bias) * mask)); x, residual, mask, dropMask [rows, width]. */
export function composedActivation(
  x: tf.Tensor,
  bias: tf.Tensor,
  residual: tf.Tensor,
  mask: tf.Tensor,
  dropMask: tf.Tensor,
  act: 'tanh' | 'gelu',
): tf.Tensor {
  const dropped = tf.mul(tf.mul(tf.add(x, bias), mask), dropMask);
  return tf.add(residual, act === 'tanh' ? tf.tanh(dropped) : gelu(dropped));
}
