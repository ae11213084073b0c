// How much a pass over a batch computes, in closed form: what a run takes is told before it starts, on the page's own thread.
import type { DebertaConfig } from '../model/config.ts';
import { parameterCount } from '../model/parameters.ts';
import { relativeParts, relativeWindow, type Mode, type Shape } from './space.ts';

/** Work of the three kinds that a device does at different speeds. */
export interface Work {
  /** FLOPs (a multiply-add is 2) of matrix products, as many as the mathematics needs. */
  products: number;
  /** The same of attention. */
  attention: number;
  /** Bytes that everything else reads and writes: norms, dropout, embeddings, the optimizer. */
  copies: number;
}

/** What a device was measured to do of each kind in a second. */
export type DeviceRates = Work;

/** Layer norms, dropout and sums of a layer: how often they touch an activation, forward and backward. */
const TOUCHES = { forward: 4, backward: 16 };
/** An update reads weight, gradient and both moments and writes three of them; the gradient is cleared and squared. */
const UPDATE_TOUCHES = 9;

/**
 * Of one pass over a batch of this shape; `update`: with the optimizer's step after it. `recompute`: the backward pass computes each layer again.
 * Held to the recorded calls by its test.
 */
export function workOf(
  config: DebertaConfig,
  { B, N }: Shape,
  mode: Mode,
  { recompute = false, update = mode === 'train' } = {},
): Work {
  const { hidden_size: H, intermediate_size: I, embedding_size: E, num_hidden_layers: L } = config;
  const T = B * N;
  const { c2p, p2c, width } = relativeParts(config);
  const R = relativeWindow(N, config).count;
  const projections = 2 * T * (4 * H * H + 2 * H * I);
  const relative = 2 * R * H * width + (Number(c2p) + Number(p2c)) * 2 * T * R * H;
  const conv = 2 * T * H * H * config.conv_kernel_size;
  const embedding = E === H ? 0 : 2 * T * E * H;
  const head = 2 * T * H * 2;
  const products = L * (projections + relative);
  const attention = 4 * T * N * H * L;
  const activations = 4 * T * H * L;
  if (mode === 'evaluate') {
    return { products: products + conv + embedding + head, attention, copies: TOUCHES.forward * activations };
  }
  const again = recompute ? 1 : 0;
  return {
    products: (3 + again) * products + 3 * (conv + embedding + head),
    attention: (3 + again) * attention,
    copies:
      (TOUCHES.backward + again * TOUCHES.forward) * activations +
      (update ? 4 * UPDATE_TOUCHES * parameterCount(config) : 0),
  };
}

export const noWork: Work = { products: 0, attention: 0, copies: 0 };

/** `times` as much of `more`, and `sum`. */
export function addWork(sum: Work, more: Work, times = 1): Work {
  return {
    products: sum.products + times * more.products,
    attention: sum.attention + times * more.attention,
    copies: sum.copies + times * more.copies,
  };
}

/** Seconds that a device of these rates takes for it. */
export function secondsOf(work: Work, rates: DeviceRates): number {
  return work.products / rates.products + work.attention / rates.attention + work.copies / rates.copies;
}
