// Disentangled attention whose probabilities are not kept. C = Q Krel^T and P = K Qrel^T come from plain products; the
// kernels take column(i - j) of row i of C and of row j of P:
//   scores = (Q K^T + C[i, column(i - j)] + P[j, column(i - j)]) / scale, context = dropout(softmax(scores)) V.
// A padded query attends uniformly to all N positions, a real one to real keys only.
import type { KernelCall, Slice, WasmForm, WgslForm } from '../kernel.ts';
import { matmul, type Matmul } from '../linear/matmul.ts';
import type { TileChoice } from '../linear/tile.ts';
import { pitchOf, relativeGradCode, scoreGradCode } from './backward.wgsl.ts';
import { BLOCK, paddedHead, type Variant } from './code.wgsl.ts';
import { contextParts, deltaCode, forwardCode } from './forward.wgsl.ts';

export interface Attention {
  B: number;
  N: number;
  heads: number;
  headSize: number;
  /** Columns of C and P. */
  R: number;
  /** What scores are divided by. */
  scale: number;
  site: number;
  dropout: number;
  /** `attentionInputs`. */
  inputs: Slice;
  /** [B * N, 3 H]: query, key, value. If it is float16, so are all matrices and tables. */
  qkv: Slice;
  /** [B, h, N, R] each, or null where the model has none. */
  c2p: Slice | null;
  p2c: Slice | null;
  /** [B * N, H]. */
  context: Slice;
  /** [2, B, h, N]: log-sum-exp of every query's scores, then (backward) its delta. */
  stats: Slice;
}

export interface AttentionGrad extends Attention {
  dContext: Slice;
  dQkv: Slice;
  dC2p: Slice | null;
  dP2c: Slice | null;
  /** What only the GPU writes, float32, `pairsLength` each: the dropped probabilities, which may lie where dC2p will, and the gradients of the scores. */
  weights: Slice;
  dScores: Slice;
}

/** Elements of a matrix of all pairs of tokens, its rows padded to whole vectors. */
export function pairsLength({ B, N, heads }: Pick<Attention, 'B' | 'N' | 'heads'>): number {
  return B * heads * N * pitchOf(N);
}

/** u32 elements of the inputs for a batch [B, N] and tables of R columns. */
export function attentionInputsLength(B: number, N: number, R: number): number {
  return 2 + 2 * N + B * N + R;
}

/**
 * [seed, micro-batch, column of every distance i - j from -(N - 1) on, mask, the place in that list where each of the R columns begins, its end]: one
 * buffer, because eight storage buffers are all that every adapter grants. The columns do not fall.
 */
export function attentionInputs(
  seed: number,
  microBatch: number,
  columns: Uint32Array,
  mask: Int32Array,
  R: number,
): Uint32Array<ArrayBuffer> {
  const inputs = new Uint32Array(3 + columns.length + mask.length + R);
  inputs.set([seed, microBatch]);
  inputs.set(columns, 2);
  inputs.set(mask, 2 + columns.length);
  const runs = inputs.subarray(2 + columns.length + mask.length);
  for (const column of columns) runs[column + 1]++;
  for (let r = 0; r < R; r++) runs[r + 1] += runs[r];
  return inputs;
}

const present = (slices: (Slice | null)[]) => slices.filter((slice) => slice !== null);

function variantOf({ headSize, R, qkv, c2p, p2c }: Attention): Variant {
  const half = qkv.half === true;
  if (half && (headSize % 4 !== 0 || R % 2 !== 0)) throw new RangeError('attention: float16 comes in fours');
  return { headSize, c2p: c2p !== null, p2c: p2c !== null, half };
}

const uniformsOf = ({ B, N, heads, R, site, dropout, scale }: Attention) => [
  ...[B, N, heads, R, site].map((u32) => ({ u32 })),
  { f32: dropout },
  { f32: 1 / scale },
];

/** Multiply-adds of one product [N, N] x headSize of every head, times 2. */
const productOf = ({ B, N, heads, headSize }: Attention) => 2 * B * heads * headSize * N ** 2;

const blocksOf = ({ N }: Attention) => Math.ceil(N / BLOCK);

/** The same as a GPU does it: by whole blocks, the head padded. */
const scoresOf = (options: Attention) =>
  2 * options.B * options.heads * paddedHead(options.headSize) * (BLOCK * blocksOf(options)) ** 2;

const onGpu = (
  label: string,
  bindings: (Slice | null)[],
  options: Attention,
  wgsl: WgslForm,
): KernelCall => ({
  label,
  uniforms: uniformsOf(options),
  bindings: present(bindings),
  wgsl,
  wasm: null,
});

/** Queries of a part of the forward call: enough that packing the keys for each costs little. */
const PART_QUERIES = 256;

/** Beyond these the scratch memory of a thread holds no block. */
const LARGEST = { N: 8192, headSize: 1024 };

/** `rows`: a part owns so many queries of one head of one batch row. */
function wasm(options: Attention, kernel: string, rows: number): WasmForm {
  const { B, N, heads, headSize, c2p, p2c } = options;
  if (N > LARGEST.N || headSize > LARGEST.headSize) {
    throw new RangeError(
      `attention: more than ${LARGEST.N} tokens or a head of more than ${LARGEST.headSize}`,
    );
  }
  const variant = [headSize, Number(c2p !== null), Number(p2c !== null), rows];
  return { kernel, parts: B * heads * Math.ceil(N / rows), variant };
}

/** context and the log-sums. */
export function attentionForward(options: Attention): KernelCall {
  const { B, heads, headSize, inputs, qkv, c2p, p2c, context, stats } = options;
  const bindings = [inputs, qkv, c2p, p2c, context, stats];
  const parts = contextParts(headSize);
  const workgroups: WgslForm['workgroups'] = [blocksOf(options), heads, B * parts];
  // The context takes the head in whole vectors of 8 threads.
  const weighted = (scoresOf(options) / paddedHead(headSize)) * Math.ceil(headSize / 32) * 32;
  return {
    ...onGpu('attention', bindings, options, { code: forwardCode(variantOf(options)), workgroups }),
    wasm: { ...wasm(options, 'attention', PART_QUERIES), executed: 2 * productOf(options) },
    flops: { executed: parts * scoresOf(options) + weighted, necessary: 2 * productOf(options) },
  };
}

/**
 * The gradients of qkv (written, not added to) and of the tables. The processor has one kernel for them; the GPU keeps the gradients of the scores, from
 * which plain products make the rest. Of the products dV, dP, dQ and dK are necessary; the scores are computed again.
 */
export function attentionBackward(options: AttentionGrad, tiles: TileChoice): KernelCall[] {
  const { B, N, heads, R, inputs, qkv, c2p, p2c, context, stats, dContext, dQkv, dC2p, dP2c } = options;
  const { weights, dScores } = options;
  const variant = variantOf(options);
  const pairs = B * heads;
  const blocks = blocksOf(options);
  const deltas: WgslForm = { code: deltaCode(variant), workgroups: [Math.ceil((B * N) / 64), heads, 1] };
  const scores: WgslForm = { code: scoreGradCode(variant), workgroups: [blocks, blocks, pairs] };
  const relative = (label: string, own: 'queries' | 'keys', table: Slice | null) => {
    if (!table) return [];
    const code = relativeGradCode(own, variant.half);
    const workgroups: WgslForm['workgroups'] = [Math.ceil(R / 16), Math.ceil(N / 8), pairs];
    return [onGpu(label, [inputs, dScores, table], options, { code, workgroups })];
  };
  return [
    onGpu('attention deltas', [inputs, context, dContext, stats], options, deltas),
    {
      ...onGpu('score gradient', [inputs, qkv, c2p, p2c, dContext, stats, weights, dScores], options, scores),
      flops: { executed: 2 * scoresOf(options), necessary: productOf(options) },
    },
    // First the one with the weights: their memory may be the table's.
    ...contentProducts(options).map((product) => ({ ...matmul(tiles, product), wasm: null })),
    ...relative('c2p score gradient', 'queries', dC2p),
    ...relative('p2c score gradient', 'keys', dP2c),
    {
      label: 'attention gradient',
      uniforms: uniformsOf(options),
      bindings: present([inputs, qkv, c2p, p2c, context, stats, dContext, dQkv, dC2p, dP2c]),
      wgsl: null,
      wasm: wasm(options, 'attentionGrad', N),
      flops: { executed: 5 * productOf(options), necessary: 4 * productOf(options) },
    },
  ];
}

/** dQ = dS K, dK = dS^T Q, dV = (P m)^T dO. */
function contentProducts(options: AttentionGrad): Matmul[] {
  const { B, N, heads, headSize: D, qkv, dContext, dQkv, weights, dScores } = options;
  const H = heads * D;
  const ld = pitchOf(N);
  const pairs = (slice: Slice, transposed: boolean) => {
    return { slice, ld, transposed, batch: heads * N * ld, head: N * ld };
  };
  const part = (slice: Slice, offset: number) => {
    return { slice, ld: 3 * H, offset, batch: N * 3 * H, head: D };
  };
  const common = { M: N, N: D, K: N, batches: B, heads };
  return [
    {
      label: 'attention query gradient',
      ...common,
      a: pairs(dScores, false),
      b: part(qkv, H),
      c: part(dQkv, 0),
    },
    {
      label: 'attention key gradient',
      ...common,
      a: pairs(dScores, true),
      b: part(qkv, 0),
      c: part(dQkv, H),
    },
    {
      label: 'attention value gradient',
      ...common,
      a: pairs(weights, true),
      b: { slice: dContext, ld: H, batch: N * H, head: D },
      c: part(dQkv, 2 * H),
    },
  ];
}
