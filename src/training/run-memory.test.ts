import { gpuMemory } from '../devices/gpu/device.ts';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../model/config.ts';
import { checkFits, passesOf, planRun, smallerRuns } from './run-memory.ts';
import { recipes, type TrainingArguments } from './training-arguments.ts';

const config = parseConfig(
  {
    model_type: 'deberta-v2',
    vocab_size: 500,
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    intermediate_size: 128,
    relative_attention: true,
    position_buckets: 32,
    share_att_key: true,
    pos_att_type: ['p2c', 'c2p'],
  },
  'test',
);
const args: TrainingArguments = { ...recipes.full, per_device_train_batch_size: 12 };
const longest = { train: 250, evaluation: 120 };
const budget = {
  ...gpuMemory({ maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 }),
  refused: Infinity,
};

test('a run that fits is offered nothing smaller', () => {
  const memory = planRun(config, args, longest, budget);
  expect(memory).toMatchObject({ fits: true, offers: [] });
  expect(() => checkFits(memory, 'gpu', 'GPU')).not.toThrow();
});

test('after a refusal the mildest smaller run of each kind is offered, and each needs less than was refused', () => {
  const { plans } = planRun(config, args, longest, budget);
  // The first keeps what its backward pass needs, the second computes it again; neither found room.
  expect(plans.map(({ recompute }) => recompute)).toEqual([false, true]);
  const { total } = plans[1];
  const memory = planRun(config, args, longest, { ...budget, refused: total });
  expect(memory.fits).toBe(false);
  expect(memory.offers.map(({ settings }) => settings)).toEqual([
    { per_device_train_batch_size: 6, gradient_accumulation_steps: 2 },
    { freeze_embeddings: true },
    { max_seq_length: 224, doc_stride: 56 },
  ]);
  for (const offer of memory.offers) {
    expect(offer.total).toBeLessThan(total);
    expect(planRun(config, { ...args, ...offer.settings }, longest, { ...budget, refused: total }).fits).toBe(
      true,
    );
  }
  expect(() => checkFits(memory, 'gpu', 'GPU')).toThrow(/needs \d+ MiB/);
});

test('what is offered fits, or nothing is', () => {
  expect(planRun(config, args, longest, { ...budget, refused: 1 }).offers).toEqual([]);
  // 16 heads' scores of one row of 2048 tokens: 256 MiB. The engine takes a batch row by row, so only fewer tokens help.
  const wide = { ...config, num_attention_heads: 16, position_buckets: 1024, max_relative_positions: 1024 };
  const long = { ...args, max_seq_length: 2048 };
  const memory = planRun(wide, long, { train: 2048, evaluation: 100 }, budget);
  expect(() => checkFits(memory, 'gpu', 'GPU')).toThrow(
    expect.objectContaining({
      code: 'gpu-buffer-too-large',
      details: expect.objectContaining({ limit: 2 ** 27 }),
    }),
  );
  expect(memory.offers.map(({ settings }) => Object.keys(settings))).toEqual([
    ['max_seq_length', 'doc_stride'],
  ]);
  expect(memory.offers[0].settings.max_seq_length).toBeLessThan(2048);
});

describe('smallerRuns', () => {
  test('keeps the number of rows per step, and stops at odd batches', () => {
    const [batches] = smallerRuns({ ...args, gradient_accumulation_steps: 2 }, 250);
    expect(batches).toEqual([
      { per_device_train_batch_size: 6, gradient_accumulation_steps: 4 },
      { per_device_train_batch_size: 3, gradient_accumulation_steps: 8 },
    ]);
  });

  test('freezes the embeddings once', () => {
    expect(smallerRuns(args, 250)[1]).toEqual([{ freeze_embeddings: true }]);
    expect(smallerRuns({ ...args, freeze_embeddings: true }, 250)[1]).toEqual([]);
  });

  test('cuts what is padded: the longest row, or max_seq_length', () => {
    expect(smallerRuns(args, 250)[2][0].max_seq_length).toBe(224);
    expect(smallerRuns({ ...args, pad_to_max_length: true }, 250)[2][0].max_seq_length).toBe(352);
    expect(smallerRuns(args, 80)[2]).toEqual([{ max_seq_length: 64, doc_stride: 16 }]);
    expect(smallerRuns(args, 40)[2]).toEqual([]);
  });
});

test('the largest batches: rows as they are padded, and the windows of the answering pipeline', () => {
  expect(passesOf(args, longest)).toEqual([
    { B: 12, N: 252, mode: 'train' },
    { B: 8, N: 120, mode: 'evaluate' },
    { B: 8, N: 128, mode: 'evaluate' },
  ]);
  const short = { ...args, max_seq_length: 192, pad_to_max_length: true };
  expect(passesOf(short, { train: 100, evaluation: 192 }).map(({ N }) => N)).toEqual([192, 192, 384]);
});
