// Multiply-adds (counted as 2) of a training step: what the mathematics needs, and what the recorded plan does.
import type { KernelCall } from '../src/kernels/kernel.ts';
import { relativeColumns, type DebertaConfig } from '../src/model/config.ts';
import type { StepCalls } from '../src/engine/memory.ts';

/**
 * Forward and backward of one step over [B, N]: every product once on the way forward and twice on the way back, nothing
 * recomputed, no padding. Sums, norms and the optimizer are left out, here and in what is executed.
 */
export function necessaryFlops(config: DebertaConfig, B: number, N: number): number {
  const { hidden_size: H, intermediate_size: I, embedding_size: E, num_hidden_layers: L } = config;
  const T = B * N;
  const parts = Number(config.pos_att_type.includes('c2p')) + Number(config.pos_att_type.includes('p2c'));
  const columns = parts > 0 ? new Set(relativeColumns(N, config)).size : 0;
  const layer =
    T * (4 * H * H + 2 * H * I) + // query, key, value, output; the two of the feed-forward
    2 * B * N * N * H + // scores, context
    parts * B * N * columns * H + // c2p, p2c
    parts * columns * H * H; // projections of the relative embeddings
  const conv = T * H * (H / config.conv_groups) * config.conv_kernel_size;
  const projection = E === H ? 0 : T * E * H;
  return 3 * 2 * (L * layer + conv + projection + T * H * 2);
}

export interface ExecutedFlops {
  executed: number;
  /** Part of `executed` that is recomputation: layers on the way back, and attention's scores inside its gradients. */
  recomputed: number;
}

/** Of a backward attention kernel's products, those that the forward pass has made before. */
const attentionRecompute: Record<string, number> = {
  'attention query gradient': 1 / 3, // Q K^T; dO V^T and dQ are new
  'attention key gradient': 2 / 4, // Q K^T, and dO V^T again; dK and dV are new
};

/** Recomputation is counted without its padding, so that wasted work of any kind stays in the ratio. */
export function executedFlops({ pass, finish }: StepCalls): ExecutedFlops {
  const turn = pass.findIndex(({ label }) => label === 'span loss');
  const forward = new Set(pass.slice(0, turn).map(({ label }) => label));
  const flops = { executed: 0, recomputed: 0 };
  const add = (call: KernelCall, share: number) => {
    flops.executed += call.flops?.executed ?? 0;
    flops.recomputed += share * (call.flops?.necessary ?? 0);
  };
  for (const call of pass.slice(0, turn)) add(call, 0);
  for (const call of [...pass.slice(turn), ...finish]) {
    add(call, forward.has(call.label) ? 1 : (attentionRecompute[call.label] ?? 0));
  }
  return flops;
}
