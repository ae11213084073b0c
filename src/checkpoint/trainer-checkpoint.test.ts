import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig } from '../model/config.ts';
import { parameterShapes } from '../model/parameters.ts';
import { goldenFixture, goldenFixtures } from '../parity/fixture-files.ts';
import { below } from '../parity/golden-folder.ts';
import { parsePythonJson, writePythonJson } from '../squad/python-json.ts';
import { defaultArguments } from '../training/training-arguments.ts';
import { bytesSource } from './byte-source.ts';
import { joined } from './safetensors.ts';
import { storedZip } from './stored-zip.ts';
import { PyFloat, torchSave, type Saveable } from './torch-save.ts';
import { openTorch } from './torch-file.ts';
import { readTrainerCheckpoint, trainerCheckpointFiles } from './trainer-checkpoint.ts';
import { readZip } from './zip.ts';

// The Trainer's own checkpoint: transformers 4.57.6, torch 2.15.0.
const prefix = 'training/resume/checkpoint-10';
const files = Object.fromEntries(
  below(goldenFixtures(), prefix).map((name) => [name, goldenFixture(`${prefix}/${name}`)]),
);
const config = JSON.parse(new TextDecoder().decode(files['config.json'])) as unknown;
const shapes = parameterShapes(parseConfig(config, 'config.json'));

const read = (given: Record<string, Uint8Array>) =>
  readTrainerCheckpoint(
    Object.entries(given).map(([name, bytes]) => bytesSource(name, bytes)),
    shapes,
  );

async function written(): Promise<Record<string, Uint8Array>> {
  const found = await read(files);
  const args = { ...defaultArguments, ...found.settings, save_steps: 10 };
  const parts = trainerCheckpointFiles(files, { ...found, args }, shapes.keys());
  return Object.fromEntries([...parts].map(([name, pieces]) => [name, joined(pieces)]));
}

async function errorOf(given: Record<string, Uint8Array>): Promise<string> {
  try {
    await read(given);
    return 'read';
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    return `${error.code} ${error.details.file ?? error.details.key ?? error.details.reason ?? ''}`.trim();
  }
}

test("the Trainer's checkpoint gives its step, rates and moments", async () => {
  const found = await read(files);
  expect(found.state.global_step).toBe(10);
  expect(found.settings).toEqual({
    learning_rate: 0.002,
    weight_decay: 0.01,
    adam_beta1: 0.9,
    adam_beta2: 0.999,
    adam_epsilon: 1e-8,
  });
  expect(found.nextLearningRate).toBe(0.0011666666666666668);
  expect([...found.optimizer.exp_avg.keys()].toSorted()).toEqual([...shapes.keys()].toSorted());
});

test.each(['optimizer.pt', 'scheduler.pt'])(
  '%s is written with the structure that the Trainer gave it',
  async (name) => {
    const ours = await openTorch(bytesSource(name, (await written())[name]));
    const theirs = await openTorch(bytesSource(name, files[name]));
    expect(ours.value).toEqual(theirs.value);
  },
);

test('trainer_state.json is written with the fields that the Trainer knows, and no others', async () => {
  const fields = (bytes: Uint8Array) =>
    JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  const [ours, theirs] = [
    fields((await written())['trainer_state.json']),
    fields(files['trainer_state.json']),
  ];
  expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
  const own = { total_flos: theirs.total_flos, stateful_callbacks: theirs.stateful_callbacks };
  expect({ ...ours, ...own }).toEqual(theirs);
});

test('weights and moments come back bit by bit', async () => {
  const [first, second] = [await read(files), await read(await written())];
  expect(second.weights).toEqual(first.weights);
  expect(second.optimizer).toEqual(first.optimizer);
  expect(second.state).toEqual(first.state);
});

test('parts of other checkpoints are named', async () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(files).filter(([file]) => file !== name));
  for (const name of ['optimizer.pt', 'scheduler.pt', 'trainer_state.json']) {
    expect(await errorOf(without(name))).toBe(`trainer-file ${name}`);
  }
  const state = (text: string) => ({ ...files, 'trainer_state.json': new TextEncoder().encode(text) });
  const json = new TextDecoder().decode(files['trainer_state.json']);
  expect(await errorOf(state('{'))).toBe('trainer-state (top)');
  expect(await errorOf(state('null'))).toBe('trainer-state (top)');
  expect(await errorOf(state(json.replace('"max_steps": 24', '"max_steps": "24"')))).toBe(
    'trainer-state max_steps',
  );
  expect(await errorOf(state(json.replace('"global_step": 10', '"global_step": 11')))).toBe(
    'trainer-state last_epoch',
  );
  expect(await errorOf({ ...files, 'optimizer.pt': files['scheduler.pt'] })).toBe(
    'trainer-optimizer param_groups',
  );
  expect(await errorOf({ ...files, 'optimizer.pt': files['model.safetensors'] })).toBe('torch-no-tensors');
  const pointer = new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n');
  for (const name of ['optimizer.pt', 'scheduler.pt', 'trainer_state.json']) {
    expect(await errorOf({ ...files, [name]: pointer })).toBe('file-lfs-pointer');
  }
});

test('a stored zip is read by others and by us, with files at multiples of 64', async () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const zip = storedZip(
    new Map([
      ['a', [bytes('one'), bytes('two')]],
      ['日本.txt', [new Uint8Array(0)]],
      ['c', [bytes('three')]],
    ]),
    64,
  );
  const whole = joined(zip);
  expect(Object.keys(unzipSync(whole))).toEqual(['a', '日本.txt', 'c']);
  expect(new TextDecoder().decode(unzipSync(whole).a)).toBe('onetwo');
  const entries = await readZip(bytesSource('x.zip', whole));
  expect(new TextDecoder().decode(await entries.get('c')?.read())).toBe('three');
  expect(
    [...whole].findIndex((_, at) => new TextDecoder().decode(whole.subarray(at, at + 6)) === 'onetwo') % 64,
  ).toBe(0);
});

test('a directory of zip64 is read', async () => {
  const whole = joined(torchSave('x', new Map([['a', new PyFloat(0.5)]])));
  const view = new DataView(whole.buffer);
  const end = whole.length - 22;
  const [size, offset] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  const record = new DataView(new ArrayBuffer(56));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(40, BigInt(size), true);
  record.setBigUint64(48, BigInt(offset), true);
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(end), true);
  view.setUint32(end + 16, 0xffffffff, true);
  const parts = [whole.subarray(0, end), new Uint8Array(record.buffer), new Uint8Array(locator.buffer)];
  const file = await openTorch(bytesSource('x', joined([...parts, whole.subarray(end)])));
  expect(file.value).toEqual(new Map([['a', 0.5]]));
});

test.each([
  ['NaN and Infinity in the log', { grad_norm: NaN, loss: Infinity }, {}],
  [
    'null for what older Trainers did not know',
    {},
    { train_batch_size: null, best_global_step: null, stateful_callbacks: null },
  ],
  ['a best_metric that no evaluation has beaten', {}, { best_metric: Infinity }],
  ['fields that came later', {}, { new_field: [1], num_input_tokens_seen: 3 }],
  [
    'steps and epochs that are not there',
    {},
    { max_steps: undefined, num_train_epochs: undefined, epoch: undefined },
  ],
])('a checkpoint with %s goes on, and is written so that Python reads it', async (_, logged, fields) => {
  const state = JSON.parse(new TextDecoder().decode(files['trainer_state.json'])) as {
    log_history: object[];
  };
  const log_history = [{ ...state.log_history[0], ...logged }, ...state.log_history.slice(1)];
  const json = writePythonJson({ ...state, ...fields, log_history });
  const given = { ...files, 'trainer_state.json': new TextEncoder().encode(json) };
  const found = await read(given);
  expect(found.state.global_step).toBe(10);
  expect(found.state.log_history[0]).toMatchObject(logged);
  const args = { ...defaultArguments, ...found.settings };
  const parts =
    trainerCheckpointFiles(given, { ...found, args }, shapes.keys()).get('trainer_state.json') ?? [];
  const written = new TextDecoder().decode(joined(parts));
  expect((parsePythonJson(written) as typeof state).log_history).toEqual(log_history);
});

test('with scaling the scheduler may lag behind by the steps that were skipped', async () => {
  const lagging = new TextDecoder('latin1')
    .decode(files['trainer_state.json'])
    .replace('"global_step": 10', '"global_step": 12');
  const state = { ...files, 'trainer_state.json': new TextEncoder().encode(lagging) };
  expect(await errorOf(state)).toBe('trainer-state last_epoch');
  const scaler = new Map<string, Saveable>([
    ['scale', new PyFloat(65536)],
    ['_growth_tracker', 3],
  ]);
  const found = await read({ ...state, 'scaler.pt': joined(torchSave('scaler', scaler)) });
  expect(found.optimizer.scaler).toMatchObject({ loss_scale: 65536, skipped_steps: 2 });
});
