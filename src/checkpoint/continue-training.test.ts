import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { Feature } from '../features/feature.ts';
import { parseConfig } from '../model/config.ts';
import { parameterShapes } from '../model/parameters.ts';
import { goldenFixture, goldenFixtures } from '../parity/fixture-files.ts';
import { below } from '../parity/golden-folder.ts';
import { defaultArguments } from '../training/training-arguments.ts';
import { rowOrder } from '../training/steps.ts';
import { bytesSource } from './byte-source.ts';
import { continueTrainingScript, exportTrainerCheckpointZip } from './continue-training.ts';
import { readSafetensors } from './safetensors.ts';
import { readTrainerCheckpoint } from './trainer-checkpoint.ts';

const prefix = 'training/resume/checkpoint-10';
const files = Object.fromEntries(
  below(goldenFixtures(), prefix).map((name) => [name, goldenFixture(`${prefix}/${name}`)]),
);
const config = parseConfig(JSON.parse(new TextDecoder().decode(files['config.json'])), 'config.json');
const shapes = parameterShapes(config);

function feature(ids: number[], startPosition: number, endPosition: number): Feature {
  const none = new Int32Array(ids.length);
  return {
    exampleId: '',
    inputIds: Int32Array.from(ids),
    tokenTypeIds: none,
    sequenceIds: new Int8Array(ids.length),
    starts: none,
    ends: none,
    startPosition,
    endPosition,
  };
}

test('the zip holds the checkpoint, the rows and a script with the settings of the run', async () => {
  const found = await readTrainerCheckpoint(
    Object.entries(files).map(([name, bytes]) => bytesSource(name, bytes)),
    shapes,
  );
  const args = {
    ...defaultArguments,
    ...found.settings,
    lr_scheduler_type: 'cosine' as const,
    pad_to_max_length: false,
    pad_to_multiple_of: 32,
  };
  const train = [feature([1, 7, 8, 2], 1, 2), feature([1, 9, 2], 0, 0), feature([1, 2], 0, 1)];
  const orders = [0, 1].map((epoch) => rowOrder(train, args, epoch));
  const rows = { train, evaluation: train.slice(1, 2), orders, padTokenId: 3 };
  const zip = exportTrainerCheckpointZip(
    { ...files, 'spm.model': new Uint8Array(3) },
    { ...found, args },
    shapes.keys(),
    rows,
  );
  const unzipped = unzipSync(new Uint8Array(await zip.arrayBuffer()));

  const inside = Object.entries(unzipped).filter(([name]) => name.startsWith('checkpoint-10/'));
  const again = await readTrainerCheckpoint(
    inside.map(([name, bytes]) => bytesSource(name, bytes)),
    shapes,
  );
  expect(again.optimizer).toEqual(found.optimizer);
  expect(unzipped['checkpoint-10/spm.model'].length).toBe(3);

  const tensors = await readSafetensors(bytesSource('features', unzipped['features.safetensors']));
  const values = (name: string) => [...(tensors.get(name)?.data ?? [])];
  expect(values('train.lengths')).toEqual([4, 3, 2]);
  expect(values('train.input_ids')).toEqual([1, 7, 8, 2, 1, 9, 2, 1, 2]);
  expect(values('train.end_positions')).toEqual([2, 0, 1]);
  expect(values('eval.input_ids')).toEqual([1, 9, 2]);
  expect(tensors.get('train.order')?.shape).toEqual([2, 3]);
  expect(values('train.order')).toEqual(orders.flatMap((order) => [...order]));

  const script = new TextDecoder().decode(unzipped['continue_training.py']);
  for (const line of [
    'CHECKPOINT = HERE / "checkpoint-10"',
    'MAX_SEQ_LENGTH, PAD_TO_MAX_LENGTH, PAD_TO_MULTIPLE_OF = 384, False, 32',
    'PAD_TOKEN_ID = 3',
    'learning_rate=0.002,',
    'lr_scheduler_type="cosine",',
    'num_train_epochs=3,',
  ]) {
    expect(script).toContain(line);
  }
  expect(script).not.toMatch(/undefined|NaN|\[object|true|false|null/);
});

test('float64 settings reach Python as they are', async () => {
  const state = { global_step: 1, max_steps: 2 } as Parameters<typeof continueTrainingScript>[0]['state'];
  const run = { state, args: { ...defaultArguments, learning_rate: 1e-7, adam_epsilon: 1e-8, max_steps: 2 } };
  const script = continueTrainingScript(run, 0);
  expect(script).toContain('learning_rate=1e-7,');
  expect(script).toContain('max_steps=2,');
  expect(script).not.toContain('num_train_epochs=');
});
