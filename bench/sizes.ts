// The models of the bench.
import { readFileSync } from 'node:fs';
import { parseConfig, type DebertaConfig } from '../src/model/config.ts';

export const sizeNames = ['tiny', 'small', 'base'] as const;
export type SizeName = (typeof sizeNames)[number];

/** As ku-nlp/deberta-v2-base-japanese is built, in two sizes. */
const family = {
  model_type: 'deberta-v2',
  relative_attention: true,
  position_buckets: 256,
  max_position_embeddings: 512,
  norm_rel_ebd: 'layer_norm',
  share_att_key: true,
  pos_att_type: ['p2c', 'c2p'],
  position_biased_input: false,
};

const small = {
  ...family,
  vocab_size: 8000,
  hidden_size: 256,
  num_hidden_layers: 6,
  num_attention_heads: 4,
  intermediate_size: 1024,
};

const base = {
  ...family,
  vocab_size: 32000,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
};

/** config.json of a size; tiny is the model that the page ships. */
export function configJson(size: SizeName): Record<string, unknown> {
  if (size === 'small') return small;
  if (size === 'base') return base;
  const file = new URL('../public/model/config.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

export function configOf(size: SizeName): DebertaConfig {
  return parseConfig(configJson(size), size);
}
