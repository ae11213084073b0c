// The models of the bench.
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

/** The model that the page shipped first, whose figures stand in bench/README.md. */
const tiny = {
  ...family,
  position_buckets: 32,
  vocab_size: 1600,
  hidden_size: 96,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  intermediate_size: 384,
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

/** config.json of a size. */
export function configJson(size: SizeName): Record<string, unknown> {
  return { tiny, small, base }[size];
}

export function configOf(size: SizeName): DebertaConfig {
  return parseConfig(configJson(size), size);
}
