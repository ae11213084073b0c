import * as tf from '@tensorflow/tfjs';

/**
 * An operation with its own gradient: `forward` may save tensors, `backward` gets them and gives one gradient per input.
 * tfjs's own gradients of broadcasts and gathers sum by transposes and segments, which is slow on every backend.
 */
function withGradient(
  inputs: tf.Tensor[],
  forward: (save: (tensors: tf.Tensor[]) => void, inputs: tf.Tensor[]) => tf.Tensor,
  backward: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor {
  const operation = tf.customGrad((...args) => ({
    value: forward(args.at(-1) as (tensors: tf.Tensor[]) => void, args.slice(0, -1) as tf.Tensor[]),
    gradFunc: backward,
  }));
  return operation(...inputs);
}

const turned = (x: tf.Tensor) => tf.transpose(x, x.rank === 2 ? [1, 0] : [0, 2, 1]);

/**
 * op(a) op(b), 2-D or in batches. Operands are turned first on tfjs's WebAssembly backend, whose fast product (XNNPACK) takes
 * only what lies as it is multiplied; the other backends turn them on the way.
 */
export function matMul(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, transposeA, transposeB);
  return withGradient(
    [transposeA ? turned(a) : a, transposeB ? turned(b) : b],
    (save, [left, right]) => {
      save([left, right]);
      return tf.matMul(left, right);
    },
    (dy, [left, right]) => [tf.matMul(dy, turned(right)), tf.matMul(turned(left), dy)],
  );
}

/** [M, 1] -> [M, width]: an outer product, because tfjs's cpu backend broadcasts a column element by element. */
export function spread(column: tf.Tensor, width: number): tf.Tensor {
  return matMul(column, tf.ones([1, width]));
}

/**
 * Sum over the rows of [M, width] -> [width]: as in PyTorch four interleaved sums (row i belongs to sum i % 4), each in two stages.
 * A float32 sum rounds the more the longer it is, and the gradient of the head's bias is nothing but what the rounding leaves:
 * in this order it is least far from PyTorch's.
 */
function sumRows(x: tf.Tensor): tf.Tensor {
  const [M, width] = x.shape as [number, number];
  const stage = Math.ceil(Math.sqrt(M / 4));
  const whole = tf.pad(x, [
    [0, stage * stage * 4 - M],
    [0, 0],
  ]);
  const lanes = tf.sum(tf.sum(tf.reshape(whole, [stage, stage, 4, width]), 1), 0);
  return tf.sum(lanes, 0);
}

/** x [M, in], weight [out, in], bias [out] -> x W^T + b [M, out]. */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return withGradient(
    [x, weight, bias],
    (save) => {
      save([x, weight]);
      return tf.add(matMul(x, weight, false, true), bias);
    },
    (dy, [x, weight]) => [matMul(dy, weight), matMul(dy, x, true), sumRows(dy)],
  );
}

/** Over the last axis of x [M, H]; the variance is the biased one. */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps: number): tf.Tensor {
  const H = x.shape[1] as number;
  const rowMean = (values: tf.Tensor) => spread(tf.mean(values, 1, true), H);
  return withGradient(
    [x, weight, bias],
    (save) => {
      const centred = tf.sub(x, rowMean(x));
      const variance = tf.mean(tf.square(centred), 1, true);
      const inverse = spread(tf.div(1, tf.sqrt(tf.add(variance, eps))), H);
      const normalized = tf.mul(centred, inverse);
      save([normalized, inverse, weight]);
      return tf.add(tf.mul(normalized, weight), bias);
    },
    (dy, [normalized, inverse, weight]) => {
      const scaled = tf.mul(dy, weight);
      const alongX = tf.mul(normalized, rowMean(tf.mul(scaled, normalized)));
      const dx = tf.mul(inverse, tf.sub(tf.sub(scaled, rowMean(scaled)), alongX));
      return [dx, sumRows(tf.mul(dy, normalized)), sumRows(dy)];
    },
  );
}

// erf(x) = x P(x^2) / Q(x^2) for |x| <= 4 (Eigen's float approximation): 2e-7 absolute, and relative near zero too, where
// tf.erf (Abramowitz-Stegun 7.1.26) is 3 % off.
const erfNumerator = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5,
  -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2,
];
const erfDenominator = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3,
  -1.42647390514189e-2,
];

function polynomial(x: tf.Tensor, coefficients: readonly number[]): tf.Tensor {
  const [first, second, ...rest] = coefficients;
  const start: tf.Tensor = tf.add(tf.mul(x, first), second);
  return rest.reduce<tf.Tensor>((sum, coefficient) => tf.add(tf.mul(sum, x), coefficient), start);
}

/** The error function to float32 accuracy, any shape; no gradient of its own. */
export function erf(x: tf.Tensor): tf.Tensor {
  const bounded = tf.clipByValue(x, -4, 4);
  const square = tf.square(bounded);
  const ratio = tf.div(polynomial(square, erfNumerator), polynomial(square, erfDenominator));
  return tf.clipByValue(tf.mul(bounded, ratio), -1, 1);
}

/** Exact GELU: x Phi(x). */
export function gelu(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (save) => {
      const cdf = tf.mul(tf.add(erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
      save([x, cdf]);
      return tf.mul(x, cdf);
    },
    (dy, [x, cdf]) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return [tf.mul(dy, tf.add(cdf, tf.mul(x, density)))];
    },
  );
}

/** Over the last axis of [M, N]. Own form: tfjs's WebGPU softmax corrupts its last element above 65,535 rows. */
export function softmax(x: tf.Tensor): tf.Tensor {
  const N = x.shape[1] as number;
  const rowSum = (values: tf.Tensor) => tf.sum(values, 1, true);
  return withGradient(
    [x],
    (save) => {
      const powers = tf.exp(tf.sub(x, spread(tf.max(x, 1, true), N)));
      const y = tf.mul(powers, spread(tf.div(1, rowSum(powers)), N));
      save([y]);
      return y;
    },
    (dy, [y]) => {
      const weighted = tf.mul(dy, y);
      return [tf.sub(weighted, tf.mul(y, spread(rowSum(weighted), N)))];
    },
  );
}

/**
 * Rows of a table [V, E] -> [M, E]. The gradient sums by a product with a one-hot matrix over the distinct rows only
 * (deterministic, no float atomics); `skipped` is a row that gets none (padding_idx), or -1.
 */
export function gatherRows(table: tf.Tensor, rows: Int32Array, skipped = -1): tf.Tensor {
  return withGradient(
    [table],
    () => tf.gather(table, tf.tensor1d(rows, 'int32')),
    (dy) => {
      const distinct = [...new Set(rows)].filter((row) => row !== skipped);
      if (distinct.length === 0) return [tf.zeros(table.shape)];
      const column = new Map(distinct.map((row, at) => [row, at]));
      const oneHot = new Float32Array(rows.length * distinct.length);
      for (const [at, row] of rows.entries()) {
        const found = column.get(row);
        if (found !== undefined) oneHot[at * distinct.length + found] = 1;
      }
      const sums = matMul(tf.tensor2d(oneHot, [rows.length, distinct.length]), dy, true);
      return [tf.scatterND(tf.tensor2d(distinct, [distinct.length, 1], 'int32'), sums, table.shape)];
    },
  );
}

/**
 * [G, N, 2N - 1] with column c = j - i + N - 1 for row i -> [G, N, N] with column j: element i (2N - 1) + c of a group is
 * i (2N - 2) + j + N - 1, so that rows cut N - 1 later and one shorter line up.
 */
export function columnsOfDistances(x: tf.Tensor): tf.Tensor {
  const [G, N] = x.shape;
  if (N === 1) return x;
  const flat = tf.reshape(x, [G, N * (2 * N - 1)]);
  const lined = tf.reshape(tf.slice(flat, [0, N - 1], [G, N * (2 * N - 2)]), [G, N, 2 * N - 2]);
  return tf.slice(lined, [0, 0, 0], [G, N, N]);
}

/** -sum(weights * logSoftmax(z)), z and weights [M, N] -> scalar: cross entropy with weighted labels. */
export function weightedCrossEntropy(z: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const N = z.shape[1] as number;
  return withGradient(
    [z],
    (save) => {
      const shifted = tf.sub(z, spread(tf.max(z, 1, true), N));
      const powers = tf.exp(shifted);
      const total = tf.expandDims(sumRows(tf.transpose(powers)), 1);
      const logProbabilities = tf.sub(shifted, spread(tf.log(total), N));
      const rowWeights = spread(tf.sum(weights, 1, true), N);
      // Divided, not exp(logProbabilities): the rounding of the logarithm would be the same error in every element of a row.
      const probabilities = tf.div(powers, spread(total, N));
      save([tf.sub(tf.mul(probabilities, rowWeights), weights)]);
      return tf.neg(tf.sum(tf.mul(weights, logProbabilities)));
    },
    (dy, [dz]) => [tf.mul(dz, dy)],
  );
}
