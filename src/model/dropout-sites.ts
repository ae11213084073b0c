import type { DebertaConfig } from './config.ts';

/**
 * Where the model drops: the embeddings, four sites in each layer, the convolution. Part of the dropout generator's key,
 * so every engine draws the same masks.
 */
export const dropoutSites = {
  embeddings: 0,
  relative: (layer: number) => 1 + 4 * layer,
  probabilities: (layer: number) => 2 + 4 * layer,
  attentionOutput: (layer: number) => 3 + 4 * layer,
  output: (layer: number) => 4 + 4 * layer,
  convolution: (config: DebertaConfig) => 1 + 4 * config.num_hidden_layers,
};
