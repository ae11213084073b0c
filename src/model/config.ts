import { ManabiError } from '../errors/manabi-error.ts';

/** config.json of a DeBERTa-v2 model: transformers' field names, defaults of DebertaV2Config filled in. */
export interface DebertaConfig {
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  hidden_dropout_prob: number;
  attention_probs_dropout_prob: number;
  max_position_embeddings: number;
  type_vocab_size: number;
  initializer_range: number;
  layer_norm_eps: number;
  relative_attention: boolean;
  max_relative_positions: number;
  position_buckets: number;
  position_biased_input: boolean;
  pad_token_id: number;
  /** Subset of c2p, p2c. */
  pos_att_type: string[];
  share_att_key: boolean;
  /** "none" or names among which layer_norm counts. */
  norm_rel_ebd: string;
  embedding_size: number;
  /** 0: no convolution layer. */
  conv_kernel_size: number;
  conv_groups: number;
  conv_act: 'tanh' | 'gelu';
}

/**
 * Checks and completes config.json. Throws ManabiError: config-shape (key of a wrong type), config-architecture
 * (not DeBERTa-v2), config-unsupported (a value this family does not use, e.g. another activation).
 */
export function parseConfig(json: unknown, place: string): DebertaConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ManabiError('config-shape', place, { key: '(top)', wanted: 'object' });
  }
  const raw = json as Record<string, unknown>;
  if (raw.model_type !== 'deberta-v2') {
    throw new ManabiError('config-architecture', place, { found: String(raw.model_type ?? '?') });
  }
  const wrong = (key: string, wanted: string) => new ManabiError('config-shape', place, { key, wanted });
  const unsupported = (key: string) =>
    new ManabiError('config-unsupported', place, { key, value: JSON.stringify(raw[key]) });
  const number = (key: string, otherwise: number): number => {
    const value = raw[key] ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(key, 'number');
    return value;
  };
  const count = (key: string, otherwise: number): number => {
    const value = number(key, otherwise);
    if (!Number.isInteger(value) || value < 1) throw wrong(key, 'integer > 0');
    return value;
  };
  const flag = (key: string, otherwise: boolean): boolean => {
    const value = raw[key] ?? otherwise;
    if (typeof value !== 'boolean') throw wrong(key, 'true or false');
    return value;
  };

  const hidden_size = count('hidden_size', 1536);
  const config: DebertaConfig = {
    vocab_size: count('vocab_size', 128100),
    hidden_size,
    num_hidden_layers: count('num_hidden_layers', 24),
    num_attention_heads: count('num_attention_heads', 24),
    intermediate_size: count('intermediate_size', 6144),
    hidden_dropout_prob: number('hidden_dropout_prob', 0.1),
    attention_probs_dropout_prob: number('attention_probs_dropout_prob', 0.1),
    max_position_embeddings: count('max_position_embeddings', 512),
    type_vocab_size: number('type_vocab_size', 0),
    initializer_range: number('initializer_range', 0.02),
    layer_norm_eps: number('layer_norm_eps', 1e-7),
    relative_attention: flag('relative_attention', false),
    max_relative_positions: number('max_relative_positions', -1),
    position_buckets: number('position_buckets', -1),
    position_biased_input: flag('position_biased_input', true),
    pad_token_id: padTokenId(raw, number),
    pos_att_type: positionTypes(raw.pos_att_type, wrong),
    share_att_key: flag('share_att_key', false),
    norm_rel_ebd: String(raw.norm_rel_ebd ?? 'none').toLowerCase(),
    embedding_size: count('embedding_size', hidden_size),
    conv_kernel_size: number('conv_kernel_size', 0),
    conv_groups: count('conv_groups', 1),
    conv_act: (raw.conv_act ?? 'tanh') as 'tanh' | 'gelu',
  };
  // gelu_python is the same function, written out.
  if (!['gelu', 'gelu_python'].includes(String(raw.hidden_act ?? 'gelu'))) throw unsupported('hidden_act');
  if (config.conv_act !== 'tanh' && config.conv_act !== 'gelu') throw unsupported('conv_act');
  if (hidden_size % config.num_attention_heads !== 0) throw unsupported('num_attention_heads');
  if (
    raw.attention_head_size !== undefined &&
    raw.attention_head_size !== hidden_size / config.num_attention_heads
  ) {
    throw unsupported('attention_head_size');
  }
  if (config.conv_kernel_size > 0 && config.conv_kernel_size % 2 === 0) throw unsupported('conv_kernel_size');
  return config;
}

/** torch.nn.Embedding counts a negative padding_idx from the end; null is none. */
function padTokenId(
  raw: Record<string, unknown>,
  number: (key: string, otherwise: number) => number,
): number {
  if (raw.pad_token_id === null) return -1;
  const id = number('pad_token_id', 0);
  return id < 0 ? id + number('vocab_size', 128100) : id;
}

function positionTypes(value: unknown, wrong: (key: string, wanted: string) => ManabiError): string[] {
  // transformers trims and lowers a string only; a name that is there twice counts once.
  const names =
    typeof value === 'string'
      ? value
          .toLowerCase()
          .split('|')
          .map((name) => name.trim())
      : (value ?? []);
  if (!Array.isArray(names)) throw wrong('pos_att_type', 'list');
  return ['c2p', 'p2c'].filter((name) => names.includes(name));
}

/** Tokens of the longest row that the model has positions for; Infinity where positions are relative only. */
export function positionLimit(config: DebertaConfig): number {
  return config.position_biased_input ? config.max_position_embeddings : Infinity;
}

/** P of design: half the number of relative positions; rel_embeddings is [2P, H]. */
export function relativeSpan(config: DebertaConfig): number {
  return config.position_buckets > 0 ? config.position_buckets : maxRelativePositions(config);
}

export function maxRelativePositions(config: DebertaConfig): number {
  return config.max_relative_positions > 0 ? config.max_relative_positions : config.max_position_embeddings;
}

/** Whether there is an `encoder.LayerNorm`; transformers makes it without relative attention too, where nothing uses it. */
export function hasRelativeLayerNorm({ norm_rel_ebd }: DebertaConfig): boolean {
  return norm_rel_ebd.split('|').some((name) => name.trim() === 'layer_norm');
}

export function hasLayerNormOnRelative(config: DebertaConfig): boolean {
  return config.relative_attention && hasRelativeLayerNorm(config);
}

/** sqrt(d * (1 + c2p + p2c)): what attention scores are divided by, without relative attention too. */
export function attentionScale(config: DebertaConfig): number {
  return Math.sqrt((config.hidden_size / config.num_attention_heads) * (1 + config.pos_att_type.length));
}

/**
 * Column of rel_embeddings for every distance delta = i - j in [-(N - 1), N - 1] (at index delta + N - 1):
 * clamp(bucket(delta) + P, 0, 2P - 1). Log buckets in float32, as make_log_bucket_position computes them.
 */
export function relativeColumns(N: number, config: DebertaConfig): Int32Array {
  const P = relativeSpan(config);
  const columns = new Int32Array(2 * N - 1);
  for (let delta = -(N - 1); delta < N; delta++) {
    const bucket = config.position_buckets > 0 ? logBucket(delta, config) : delta;
    // Of an infinite or undefined bucket (a logarithm of 1 below) torch's cast to integers makes the lowest one.
    columns[delta + N - 1] = Number.isFinite(bucket) ? Math.min(2 * P - 1, Math.max(0, bucket + P)) : 0;
  }
  return columns;
}

function logBucket(delta: number, config: DebertaConfig): number {
  const f = Math.fround;
  const mid = Math.floor(config.position_buckets / 2);
  const distance = delta > -mid && delta < mid ? mid - 1 : Math.abs(delta);
  if (distance <= mid) return delta;
  const top = f(Math.log(f(f(distance) / f(mid))));
  const bottom = f(Math.log(f((maxRelativePositions(config) - 1) / mid)));
  return Math.sign(delta) * (Math.ceil(f(f(top / bottom) * f(mid - 1))) + mid);
}
