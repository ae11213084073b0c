import { expect, test } from 'vitest';
import { attentionScale, parseConfig, relativeColumns } from './config.ts';
import { parameterShapes } from './parameters.ts';

const config = (fields: Record<string, unknown>) =>
  parseConfig(
    {
      model_type: 'deberta-v2',
      vocab_size: 40,
      hidden_size: 32,
      num_attention_heads: 4,
      relative_attention: true,
      position_buckets: 8,
      ...fields,
    },
    'config.json',
  );

test('names of relative parts are read as transformers reads them', () => {
  const types = (pos_att_type: unknown) => config({ pos_att_type }).pos_att_type;
  expect(types(' C2P | p2c')).toEqual(['c2p', 'p2c']);
  expect(types(['p2c', 'p2c'])).toEqual(['p2c']);
  expect(types(['C2P', 'p2c'])).toEqual(['p2c']);
});

test('without relative attention the scale counts the named parts all the same, and encoder.LayerNorm is there, unused', () => {
  const absolute = config({
    relative_attention: false,
    pos_att_type: ['c2p', 'p2c'],
    norm_rel_ebd: 'layer_norm',
  });
  expect(attentionScale(absolute)).toBe(Math.sqrt(8 * 3));
  const names = [...parameterShapes(absolute).keys()];
  expect(names).toContain('deberta.encoder.LayerNorm.weight');
  expect(names).not.toContain('deberta.encoder.rel_embeddings.weight');
});

test('the padding row counts from the end where it is negative; null is none', () => {
  expect(config({ pad_token_id: -1 }).pad_token_id).toBe(39);
  expect(config({ pad_token_id: null }).pad_token_id).toBe(-1);
  expect(config({}).pad_token_id).toBe(0);
});

test('a bucket that is infinite is the lowest', () => {
  // log((9 - 1) / 8) = 0: beyond 8 positions transformers divides by it.
  const columns = relativeColumns(12, config({ position_buckets: 16, max_relative_positions: 9 }));
  expect([...columns]).toEqual([
    0, 0, 0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 0, 0, 0,
  ]);
});
