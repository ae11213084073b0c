/** config.json of a model built like ku-nlp/deberta-v2-base-japanese. */
export const baseConfig = {
  model_type: 'deberta-v2',
  vocab_size: 32_000,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 512,
  relative_attention: true,
  position_buckets: 256,
  norm_rel_ebd: 'layer_norm',
  share_att_key: true,
  pos_att_type: ['p2c', 'c2p'],
  position_biased_input: false,
};
