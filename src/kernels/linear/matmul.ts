import type { KernelCall, Slice } from '../kernel.ts';
import type { Access } from '../wgsl/storage.ts';
import { matmulCode, type Epilogue } from './matmul.wgsl.ts';
import { partOf } from './part.ts';
import { chooseTile, type Tile, type TileChoice } from './tile.ts';

/**
 * A row-major matrix, or a batch of them, inside a slice. All counts in elements. Element (r, c) of the
 * matrix of batch i and head j lies at offset + i * batch + j * head + r * ld + c.
 */
export interface Matrix {
  slice: Slice;
  ld: number;
  /** The stored matrix is used turned: op(X) = X^T. Not for C. */
  transposed?: boolean;
  offset?: number;
  batch?: number;
  head?: number;
  /** Step between the products that `sums` adds up. */
  sum?: number;
}

export type MatmulEpilogue =
  | { kind: 'plain' }
  /** C = v + bias[n]. */
  | { kind: 'bias'; bias: Slice; vectorOffset?: number }
  /** C = gelu(v + bias[n]); `keepSlope` (laid out as C) takes gelu'(v + bias) for the backward pass. */
  | { kind: 'gelu'; bias: Slice; keepSlope?: Slice }
  /** C = v * factor, factor laid out as C. */
  | { kind: 'factor'; factor: Slice }
  /** C = residual + dropout(v + bias[n]), residual laid out as C. */
  | { kind: 'residual'; bias: Slice; residual: Slice; state: Slice; site: number; dropout: number }
  /** C (+)= dropout(v): the gradient through a dropped matrix [M, N]. */
  | { kind: 'dropout'; state: Slice; site: number; dropout: number; dropOffset?: number }
  /** Beside C: sums[m] (+)= sum over k of op(A)[m, k]: the bias gradient of dW = dY^T X. */
  | { kind: 'column-sums'; sums: Slice; vectorOffset?: number; vectorHead?: number };

/** In the order of matmul.as.ts. */
const epilogues: MatmulEpilogue['kind'][] = [
  'plain',
  'bias',
  'gelu',
  'factor',
  'residual',
  'dropout',
  'column-sums',
];

export interface Matmul {
  label: string;
  M: number;
  N: number;
  K: number;
  a: Matrix;
  b: Matrix;
  c: Matrix;
  batches?: number;
  heads?: number;
  /** Adds the products of this many batches into one C (default 1). */
  sums?: number;
  /** C += instead of C =. */
  accumulate?: boolean;
  epilogue?: MatmulEpilogue;
}

/** Sums longer than this are cut and the parts added: float32 rounding then grows with the part, not with K. */
const LONGEST_SUM = 1024;

/** C[M, N] (+)= op(A)[M, K] op(B)[K, N], with an epilogue. One call. */
export function matmul(choice: TileChoice, options: Matmul): KernelCall {
  const { label, M, N, K, a, b, c, batches = 1, heads = 1, sums = 1, accumulate = false } = options;
  const epilogue = options.epilogue ?? { kind: 'plain' };
  const tile = chooseTile(choice, M, N, batches * heads);
  // A sum that is cut passes through C in between: not through float16, nor through a dropout.
  const whole = epilogue.kind === 'dropout' || c.slice.half === true;
  const chunk = whole ? Math.ceil(K / 16) * 16 : Math.min(LONGEST_SUM, Math.ceil(K / 16) * 16);
  const flush = whole ? 0 : Math.max(1, Math.floor(LONGEST_SUM / chunk));
  const access = {
    a: accessOf(label, a, a.transposed ? M : K),
    b: accessOf(label, b, b.transposed ? K : N),
    c: accessOf(label, c, N),
    beside: accessOf(label, { ...c, slice: layoutOfC(epilogue) ?? c.slice }, N),
  };
  const strides = ({ offset = 0, batch = 0, head = 0 }: Matrix) => [offset, batch, head];
  const integers = [
    ...[M, N, K, a.ld, b.ld, c.ld],
    ...[...strides(a), a.sum ?? 0, ...strides(b), b.sum ?? 0, ...strides(c)],
    ...[heads, sums, chunk, flush, accumulate ? 1 : 0, 'site' in epilogue ? epilogue.site : 0],
    'dropOffset' in epilogue ? (epilogue.dropOffset ?? 0) : 0,
    'vectorOffset' in epilogue ? (epilogue.vectorOffset ?? 0) : 0,
    'vectorHead' in epilogue ? (epilogue.vectorHead ?? 0) : 0,
  ];
  const block = partOf(options);
  return {
    label,
    wgsl: {
      code: matmulCode({
        tile,
        transposeA: a.transposed ?? false,
        transposeB: b.transposed ?? false,
        access,
        epilogue: build(epilogue),
      }),
      workgroups: [Math.ceil(N / tile.columns), Math.ceil(M / tile.rows), batches * heads],
    },
    wasm: {
      kernel: 'matmul',
      parts: block.parts,
      variant: [
        Number(a.transposed ?? false),
        Number(b.transposed ?? false),
        epilogues.indexOf(epilogue.kind),
        block.rows,
        block.columns,
        epilogue.kind === 'gelu' && epilogue.keepSlope ? 1 : 0,
      ],
      executed: 2 * (Math.ceil(M / 4) * 4) * (Math.ceil(N / 8) * 8) * K * batches * heads * sums,
    },
    uniforms: [...integers.map((u32) => ({ u32 })), { f32: 'dropout' in epilogue ? epilogue.dropout : 0 }],
    bindings: [a.slice, b.slice, c.slice, ...extras(epilogue)],
    flops: {
      executed: 2 * padded(M, tile, 'rows') * padded(N, tile, 'columns') * K * batches * heads * sums,
      necessary: 2 * M * N * K * batches * heads * sums,
    },
  };
}

/** Loads of four where everything that a load runs along is a multiple of 4. */
function accessOf(label: string, matrix: Matrix, along: number): Access {
  const { slice, ld, offset = 0, batch = 0, head = 0, sum = 0 } = matrix;
  const aligned = [along, ld, offset, batch, head, sum].every((count) => count % 4 === 0);
  if (slice.half && !aligned) throw new RangeError(`${label}: float16 comes in fours`);
  return slice.half ? 'half' : aligned ? 'vector' : 'scalar';
}

/** What an epilogue reads or writes beside C, laid out as C. */
function layoutOfC(epilogue: MatmulEpilogue): Slice | undefined {
  if (epilogue.kind === 'gelu') return epilogue.keepSlope;
  if (epilogue.kind === 'factor') return epilogue.factor;
  return epilogue.kind === 'residual' ? epilogue.residual : undefined;
}

function build(epilogue: MatmulEpilogue): Epilogue {
  if (epilogue.kind === 'gelu') return { kind: 'gelu', keepSlope: epilogue.keepSlope !== undefined };
  return { kind: epilogue.kind };
}

function extras(epilogue: MatmulEpilogue): Slice[] {
  switch (epilogue.kind) {
    case 'plain':
      return [];
    case 'bias':
      return [epilogue.bias];
    case 'gelu':
      return epilogue.keepSlope ? [epilogue.bias, epilogue.keepSlope] : [epilogue.bias];
    case 'factor':
      return [epilogue.factor];
    case 'residual':
      return [epilogue.bias, epilogue.residual, epilogue.state];
    case 'dropout':
      return [epilogue.state];
    case 'column-sums':
      return [epilogue.sums];
  }
}

/** With workgroup memory the whole tile is computed; with registers alone a thread outside C leaves at once. */
function padded(count: number, tile: Tile, side: 'rows' | 'columns'): number {
  const unit = tile.depth > 0 ? tile[side] : side === 'rows' ? tile.threadRows : tile.threadColumns;
  return Math.ceil(count / unit) * unit;
}
