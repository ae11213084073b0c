import { afterAll, beforeAll, expect, test } from 'vitest';
import { CpuDevice } from '../devices/cpu/device.ts';
import { KernelEngine } from '../engine/engine.ts';
import { randomWeights, smallModel } from '../engine/test-models.ts';
import { parseConfig } from '../model/config.ts';
import type { NamedTensor, NamedTensors, OptimizerState } from '../model/engine.ts';
import { Mt19937 } from '../random/mt19937.ts';
import { TrainingControl } from './control.ts';
import type { TrainerState } from './state.ts';
import { train, type TrainingEvent, type TrainingOptions } from './train.ts';
import { defaultArguments } from './training-arguments.ts';

const config = parseConfig(
  { ...smallModel, hidden_size: 96, intermediate_size: 384, num_hidden_layers: 3 },
  'test',
);

/** A step takes several hundred milliseconds. */
const args = {
  ...defaultArguments,
  learning_rate: 1e-3,
  gradient_accumulation_steps: 3,
  max_steps: 3,
  eval_strategy: 'no' as const,
  save_strategy: 'no' as const,
  pad_to_max_length: false,
};

const slow = { timeout: 120_000 };

const generator = new Mt19937(5);
const N = 128;
const rows = Array.from({ length: 8 * args.gradient_accumulation_steps * 2 }, (_, number) => ({
  exampleId: String(number),
  inputIds: Int32Array.from({ length: N }, () => 1 + Math.floor(39 * generator.uniform())),
  tokenTypeIds: new Int32Array(N),
  sequenceIds: new Int8Array(N),
  starts: new Int32Array(N),
  ends: new Int32Array(N),
  startPosition: number % N,
  endPosition: (number + 3) % N,
}));

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2 });
});
afterAll(() => device.dispose());

interface Left {
  weights: NamedTensors;
  optimizer: OptimizerState;
  state: TrainerState;
}

const tensorsOf = async (engine: KernelEngine) => ({
  weights: await engine.readWeights(),
  optimizer: await engine.readOptimizer(),
});

/** Trains from `from`, or from the beginning. `beforeStep` is called with the number of each step. */
async function run(
  options: TrainingOptions,
  from: Left | null,
  beforeStep: (number: number, engine: KernelEngine) => Promise<void> | void,
): Promise<Left> {
  const engine = await KernelEngine.create(device, config, from?.weights ?? randomWeights(config));
  if (from) await engine.writeOptimizer(from.optimizer);
  const trainStep = engine.trainStep.bind(engine);
  engine.trainStep = async (batches, step, signal) => {
    await beforeStep(step.step, engine);
    return trainStep(batches, step, signal);
  };
  const data = { train: rows, evaluation: [], padTokenId: 0 };
  const state = await train(engine, data, args, { ...options, resumeFrom: from?.state });
  const left = { ...(await tensorsOf(engine)), state };
  engine.dispose();
  return left;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

function expectEqual(found: Omit<Left, 'state'>, wanted: Omit<Left, 'state'>): void {
  const all = ({ weights, optimizer: { exp_avg, exp_avg_sq } }: typeof found) => [
    weights,
    exp_avg,
    exp_avg_sq,
  ];
  for (const [i, tensors] of all(wanted).entries()) {
    // toEqual takes long over so many values.
    const same = (name: string, { data }: NamedTensor) => {
      const other = all(found)[i].get(name)?.data;
      return other !== undefined && Buffer.compare(bytesOf(other), bytesOf(data)) === 0;
    };
    expect([...tensors].filter(([name, tensor]) => !same(name, tensor))).toEqual([]);
  }
}

test('a stop within a step is heard at once, and leaves the step before to go on from', slow, async () => {
  let afterOne: Omit<Left, 'state'> | undefined;
  const whole = await run({}, null, async (number, engine) => {
    if (number === 2) afterOne = await tensorsOf(engine);
  });

  const control = new TrainingControl();
  let work = NaN;
  let stoppedAt: NodeJS.CpuUsage | undefined;
  const onEvent = (event: TrainingEvent) => {
    if (event.type !== 'checkpoint') return;
    const { user, system } = process.cpuUsage(stoppedAt);
    work = (user + system) / 1000;
  };
  const stopped = await run({ control, onEvent }, null, (number) => {
    if (number !== 2) return;
    setTimeout(() => {
      stoppedAt = process.cpuUsage();
      control.stop();
    }, 40);
  });
  expect(stopped.state.global_step).toBe(1);
  expect(stopped.state.log_history.map(({ step }) => step)).toEqual([1]);
  expect(work).toBeLessThan(100 * device.threads);
  if (!afterOne) throw new Error('step 2 did not come');
  expectEqual(stopped, afterOne);

  const continued = await run({}, stopped, () => {});
  expect(continued.state.global_step).toBe(3);
  expectEqual(continued, whole);
});

test('a pause within a step waits for its end', slow, async () => {
  const control = new TrainingControl();
  const steps: number[] = [];
  const onEvent = (event: TrainingEvent) => {
    if (event.type !== 'paused') return;
    steps.push(event.state.global_step);
    control.stop();
  };
  const { state } = await run({ control, onEvent }, null, (number) => {
    if (number === 2) setTimeout(() => control.pause(), 40);
  });
  expect([steps, state.global_step]).toEqual([[2], 2]);
});
