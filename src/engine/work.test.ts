import { expect, test } from 'vitest';
import { parseConfig } from '../model/config.ts';
import { stepCalls } from './memory.ts';
import { smallModel } from './test-models.ts';
import { kindOf } from './measure-rates.ts';
import { workOf } from './work.ts';

const wide = { ...smallModel, hidden_size: 96, intermediate_size: 384, num_hidden_layers: 3 };

test.each([
  ['plain', wide, 8, 64],
  ['long rows', { ...wide, max_position_embeddings: 512, position_buckets: 256 }, 2, 200],
  ['without relative attention', { ...wide, relative_attention: false }, 8, 64],
  [
    'a convolution and an embedding of its own size',
    { ...wide, conv_kernel_size: 3, conv_act: 'tanh', embedding_size: 48 },
    8,
    64,
  ],
])('the work of a step is that of the calls recorded for it: %s', (_, json, B, N) => {
  const config = parseConfig(json, 'test');
  const { pass, finish } = stepCalls(config, { B, N });
  const recorded = { products: 0, attention: 0, copies: 0 };
  for (const call of [...pass, ...finish]) {
    // What the processor does in a call of its own is not counted twice.
    if (call.wgsl) recorded[kindOf(call)] += call.flops?.necessary ?? 0;
  }
  const work = workOf(config, { B, N }, 'train');
  expect(work.products / recorded.products).toBeCloseTo(1, 6);
  expect(work.attention / recorded.attention).toBeCloseTo(1, 6);
});
