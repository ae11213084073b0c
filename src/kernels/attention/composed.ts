// Disentangled attention in composed tfjs operations, as the kernels divide the work: what they are held to.
import * as tf from '@tensorflow/tfjs';

export interface ComposedAttention {
  B: number;
  N: number;
  heads: number;
  headSize: number;
  scale: number;
  /** Column of every distance i - j from -(N - 1) on. */
  columns: Uint32Array;
  /** [B * N], 1 for real tokens. */
  mask: Int32Array;
  /** [h, B, N, N] of 0 and 1 / (1 - p), or null. */
  dropMask: Float32Array | null;
}

const LOWEST_FLOAT = -3.4028234663852886e38;

/** qkv [B * N, 3 H]; c2p, p2c [B, h, N, R] or null -> context [B * N, H]. */
export function composedAttention(
  { B, N, heads, headSize, scale, columns, mask, dropMask }: ComposedAttention,
  qkv: tf.Tensor,
  c2p: tf.Tensor | null,
  p2c: tf.Tensor | null,
): tf.Tensor {
  const parts = tf.transpose(tf.reshape(qkv, [B, N, 3, heads, headSize]), [2, 0, 3, 1, 4]);
  const [query, key, value] = [0, 1, 2].map((part) =>
    tf.reshape(tf.slice(parts, [part, 0, 0, 0, 0], [1, B, heads, N, headSize]), [B * heads, N, headSize]),
  );
  let scores = tf.matMul(query, key, false, true);
  /** [B, h, N, R] -> [B * h, N, N]: row n, column of the distance that (n, other) stand for. */
  const byDistance = (table: tf.Tensor, distance: (n: number, other: number) => number) => {
    const R = table.shape[3] as number;
    const from = Int32Array.from({ length: N * N }, (_, at) => {
      const [n, other] = [Math.floor(at / N), at % N];
      return n * R + columns[distance(n, other) + N - 1];
    });
    const flat = tf.gather(tf.reshape(table, [B * heads, N * R]), tf.tensor1d(from, 'int32'), 1);
    return tf.reshape(flat, [B * heads, N, N]);
  };
  if (c2p)
    scores = tf.add(
      scores,
      byDistance(c2p, (i, j) => i - j),
    );
  if (p2c)
    scores = tf.add(
      scores,
      tf.transpose(
        byDistance(p2c, (j, i) => i - j),
        [0, 2, 1],
      ),
    );
  const pairs = Float32Array.from({ length: B * heads * N * N }, (_, at) => {
    const [b, i, j] = [Math.floor(at / (heads * N * N)), Math.floor(at / N) % N, at % N];
    return mask[b * N + i] & mask[b * N + j];
  });
  const pairMask = tf.tensor3d(pairs, [B * heads, N, N]);
  // A padded query attends uniformly to all N positions.
  const blocked = tf.mul(tf.sub(1, pairMask), LOWEST_FLOAT);
  let weights = tf.softmax(tf.add(tf.mul(tf.div(scores, scale), pairMask), blocked));
  if (dropMask) {
    const dropped = tf.transpose(tf.tensor4d(dropMask, [heads, B, N, N]), [1, 0, 2, 3]);
    weights = tf.mul(weights, tf.reshape(dropped, [B * heads, N, N]));
  }
  const context = tf.reshape(tf.matMul(weights, value), [B, heads, N, headSize]);
  return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [B * N, heads * headSize]);
}
