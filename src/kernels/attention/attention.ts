// Disentangled attention without a [N, N] matrix in memory. C = Q Krel^T and P = K Qrel^T come from plain products; the
// kernels take column(i - j) of row i of C and of row j of P.
import type { KernelCall, Slice } from '../kernel.ts';
import { queryGradCode, keyGradCode } from './backward.ts';
import { ownedRows, type Variant } from './code.ts';
import { deltaCode, forwardCode } from './forward.ts';

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

/** `products`: how many [N, N] x d products the kernel makes; rows are padded to whole tiles. */
function call(
  options: Attention,
  label: string,
  code: string,
  bindings: Slice[],
  products: number,
  block: number,
): KernelCall {
  const { B, N, heads, headSize } = options;
  const own = ownedRows(headSize);
  const padded = Math.ceil(N / own) * own;
  const each = 2 * products * B * heads * headSize;
  return {
    label,
    code,
    uniforms: uniformsOf(options, block),
    bindings,
    workgroups: [Math.ceil(N / own), heads, B],
    flops: { executed: each * padded * padded, necessary: each * N * N },
  };
}

/** context = dropout(softmax(scores)) V and the log-sums. */
export function attentionForward(options: Attention): KernelCall {
  const { inputs, qkv, c2p, p2c, context, stats } = options;
  const bindings = present([inputs, qkv, c2p, p2c, context, stats]);
  return call(
    options,
    'attention',
    forwardCode(variantOf(options)),
    bindings,
    2,
    2 * ownedRows(options.headSize),
  );
}

/** Three dispatches: deltas, dQ with dC, dK and dV with dP. dQkv is written, not added to. */
export function attentionBackward(options: AttentionGrad): KernelCall[] {
  const { B, N, heads, inputs, qkv, c2p, p2c, context, stats, dContext, dQkv, dC2p, dP2c } = options;
  const variant = variantOf(options);
  const own = ownedRows(options.headSize);
  const common = [inputs, qkv, c2p, p2c, dContext, stats, dQkv];
  return [
    {
      label: 'attention deltas',
      code: deltaCode(variant),
      uniforms: uniformsOf(options, 0),
      bindings: [inputs, context, dContext, stats],
      workgroups: [Math.ceil((B * N) / 64), heads, 1],
    },
    call(options, 'attention query gradient', queryGradCode(variant), present([...common, dC2p]), 3, own),
    call(options, 'attention key gradient', keyGradCode(variant), present([...common, dP2c]), 4, own / 2),
  ];
}
