// Disentangled attention without a [N, N] matrix in memory. C = Q Krel^T and P = K Qrel^T come from plain products; the
// kernels take column(i - j) of row i of C and of row j of P:
//   scores = (Q K^T + C[i, column(i - j)] + P[j, column(i - j)]) / scale, context = dropout(softmax(scores)) V.
// A padded query attends uniformly to all N positions, a real one to real keys only.
import type { KernelCall, Slice, WasmForm, WgslForm } from '../kernel.ts';
import { queryGradCode, keyGradCode } from './backward.wgsl.ts';
import { ownedRows, type Variant } from './code.wgsl.ts';
import { deltaCode, forwardCode } from './forward.wgsl.ts';

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
}

/** u32 elements of the inputs for a batch [B, N]. */
export function attentionInputsLength(B: number, N: number): number {
  return 1 + 2 * N + B * N;
}

/**
 * [seed, micro-batch, column of every distance i - j from -(N - 1) on, mask]: one buffer, because eight storage buffers
 * are all that every adapter grants.
 */
export function attentionInputs(
  seed: number,
  microBatch: number,
  columns: Uint32Array,
  mask: Int32Array,
): Uint32Array<ArrayBuffer> {
  const inputs = new Uint32Array(2 + columns.length + mask.length);
  inputs.set([seed, microBatch]);
  inputs.set(columns, 2);
  inputs.set(mask, 2 + columns.length);
  return inputs;
}

const present = (slices: (Slice | null)[]) => slices.filter((slice) => slice !== null);

function variantOf({ headSize, R, qkv, c2p, p2c }: Attention): Variant {
  const half = qkv.half === true;
  if (half && (headSize % 4 !== 0 || R % 2 !== 0)) throw new RangeError('attention: float16 comes in fours');
  return { headSize, c2p: c2p !== null, p2c: p2c !== null, half };
}

/** `block`: rows of the other side that a workgroup takes at once. */
const uniformsOf = ({ B, N, heads, headSize, R, site, dropout, scale }: Attention, block: number) => [
  ...[B, N, heads, R, site].map((u32) => ({ u32 })),
  { f32: dropout },
  { f32: 1 / scale },
  { u32: Math.ceil(headSize / 4) },
  { u32: block },
];

/** Multiply-adds of one product [N, N] x headSize of every head, times 2; rows padded to whole tiles of `rows`. */
function flopsOf({ B, N, heads, headSize }: Attention, rows: number): number {
  return 2 * B * heads * headSize * (Math.ceil(N / rows) * rows) ** 2;
}

/** A workgroup owns some rows of one head of one batch row. */
function wgsl(options: Attention, code: string): WgslForm {
  const { B, N, heads, headSize } = options;
  return { code, workgroups: [Math.ceil(N / ownedRows(headSize)), heads, B] };
}

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
  const { inputs, qkv, c2p, p2c, context, stats, headSize } = options;
  const own = ownedRows(headSize);
  return {
    label: 'attention',
    uniforms: uniformsOf(options, 2 * own),
    bindings: present([inputs, qkv, c2p, p2c, context, stats]),
    wgsl: wgsl(options, forwardCode(variantOf(options))),
    wasm: wasm(options, 'attention', PART_QUERIES),
    flops: { executed: 2 * flopsOf(options, own), necessary: 2 * flopsOf(options, 1) },
  };
}

/**
 * On the GPU three calls: deltas, dQ with dC, dK and dV with dP; on the processor one. dQkv is written, not added to. Of the products dV, dP, dQ and dK are
 * necessary; the scores, and on the GPU dP, are computed again.
 */
export function attentionBackward(options: AttentionGrad): KernelCall[] {
  const { B, N, heads, headSize, inputs, qkv, c2p, p2c, context, stats, dContext, dQkv, dC2p, dP2c } =
    options;
  const variant = variantOf(options);
  const own = ownedRows(headSize);
  const padded = flopsOf(options, own);
  const product = flopsOf(options, 1);
  const common = [inputs, qkv, c2p, p2c, dContext, stats, dQkv];
  return [
    {
      label: 'attention deltas',
      uniforms: uniformsOf(options, 0),
      bindings: [inputs, context, dContext, stats],
      wgsl: { code: deltaCode(variant), workgroups: [Math.ceil((B * N) / 64), heads, 1] },
      wasm: null,
    },
    {
      label: 'attention query gradient',
      uniforms: uniformsOf(options, own),
      bindings: present([...common, dC2p]),
      wgsl: wgsl(options, queryGradCode(variant)),
      wasm: null,
      flops: { executed: 3 * padded, necessary: 2 * product },
    },
    {
      label: 'attention key gradient',
      uniforms: uniformsOf(options, own / 2),
      bindings: present([...common, dP2c]),
      wgsl: wgsl(options, keyGradCode(variant)),
      wasm: null,
      flops: { executed: 4 * padded, necessary: 2 * product },
    },
    {
      label: 'attention gradient',
      uniforms: uniformsOf(options, 0),
      bindings: present([inputs, qkv, c2p, p2c, context, stats, dContext, dQkv, dC2p, dP2c]),
      wgsl: null,
      wasm: wasm(options, 'attentionGrad', N),
      flops: { executed: 5 * product, necessary: 4 * product },
    },
  ];
}
