import { Mt19937 } from '../random/mt19937.ts';
import { hasRelativeLayerNorm, relativeSpan, type DebertaConfig } from './config.ts';
import type { EngineSettings, NamedTensors } from './engine.ts';

/** The tensors that a pretrained checkpoint lacks. */
export const headParameters = ['qa_outputs.weight', 'qa_outputs.bias'];

/** Name -> shape of every parameter of DebertaV2ForQuestionAnswering, in the order of model.named_parameters(). */
export function parameterShapes(config: DebertaConfig): Map<string, number[]> {
  const { hidden_size: H, intermediate_size: I, embedding_size: E } = config;
  const shapes = new Map<string, number[]>();
  const linear = (name: string, out: number, into: number, bias = true) => {
    shapes.set(`${name}.weight`, [out, into]);
    if (bias) shapes.set(`${name}.bias`, [out]);
  };
  const layerNorm = (name: string) => {
    shapes.set(`${name}.weight`, [H]);
    shapes.set(`${name}.bias`, [H]);
  };

  const embeddings = 'deberta.embeddings';
  shapes.set(`${embeddings}.word_embeddings.weight`, [config.vocab_size, E]);
  if (config.position_biased_input) {
    shapes.set(`${embeddings}.position_embeddings.weight`, [config.max_position_embeddings, E]);
  }
  if (config.type_vocab_size > 0) {
    shapes.set(`${embeddings}.token_type_embeddings.weight`, [config.type_vocab_size, E]);
  }
  if (E !== H) linear(`${embeddings}.embed_proj`, H, E, false);
  layerNorm(`${embeddings}.LayerNorm`);

  for (let l = 0; l < config.num_hidden_layers; l++) {
    const layer = `deberta.encoder.layer.${l}`;
    const self = `${layer}.attention.self`;
    for (const part of ['query', 'key', 'value']) linear(`${self}.${part}_proj`, H, H);
    if (config.relative_attention && !config.share_att_key) {
      if (config.pos_att_type.includes('c2p')) linear(`${self}.pos_key_proj`, H, H);
      if (config.pos_att_type.includes('p2c')) linear(`${self}.pos_query_proj`, H, H);
    }
    linear(`${layer}.attention.output.dense`, H, H);
    layerNorm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, I, H);
    linear(`${layer}.output.dense`, H, I);
    layerNorm(`${layer}.output.LayerNorm`);
  }
  if (config.relative_attention) {
    shapes.set('deberta.encoder.rel_embeddings.weight', [2 * relativeSpan(config), H]);
  }
  if (hasRelativeLayerNorm(config)) layerNorm('deberta.encoder.LayerNorm');
  if (config.conv_kernel_size > 0) {
    shapes.set('deberta.encoder.conv.conv.weight', [H, H / config.conv_groups, config.conv_kernel_size]);
    shapes.set('deberta.encoder.conv.conv.bias', [H]);
    layerNorm('deberta.encoder.conv.LayerNorm');
  }
  linear('qa_outputs', 2, H);
  return shapes;
}

/** AdamW's weight decay applies to all but biases and LayerNorm parameters (Trainer.get_decay_parameter_names). */
export function isDecayed(name: string): boolean {
  return !name.endsWith('.bias') && !name.includes('LayerNorm');
}

/**
 * Whether the loss depends on a parameter. Without c2p and p2c the relative embeddings reach no score: PyTorch gives them no gradient, and
 * AdamW leaves what has none as it is, without decay.
 */
export function isReached(name: string, { relative_attention, pos_att_type }: DebertaConfig): boolean {
  return !isRelativeTable(name) || (relative_attention && pos_att_type.length > 0);
}

export function isRelativeTable(name: string): boolean {
  return name.startsWith('deberta.encoder.rel_embeddings.') || name.startsWith('deberta.encoder.LayerNorm.');
}

/** What freeze_embeddings leaves alone. */
export function isEmbeddingTable(name: string): boolean {
  return /^deberta\.embeddings\.(word|position|token_type)_embeddings\.weight$/.test(name);
}

/** Those of `parameterShapes` that get gradients. */
export function trainedParameters(
  config: DebertaConfig,
  { freeze_embeddings }: Pick<EngineSettings, 'freeze_embeddings'>,
): string[] {
  const names = [...parameterShapes(config).keys()];
  return freeze_embeddings ? names.filter((name) => !isEmbeddingTable(name)) : names;
}

/** A fresh question-answering head: weight ~ N(0, initializer_range), bias 0, from the run's seed. */
export function initializeHead(config: DebertaConfig, seed: number): NamedTensors {
  const generator = new Mt19937(seed);
  const H = config.hidden_size;
  const weight = Float32Array.from({ length: 2 * H }, () => generator.normal() * config.initializer_range);
  return new Map([
    ['qa_outputs.weight', { shape: [2, H], data: weight }],
    ['qa_outputs.bias', { shape: [2], data: new Float32Array(2) }],
  ]);
}

export function parameterCount(config: DebertaConfig): number {
  let count = 0;
  for (const shape of parameterShapes(config).values()) count += shape.reduce((a, b) => a * b, 1);
  return count;
}
