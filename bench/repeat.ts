// Two runs of the built-in model with dropout and the same seeds, compared bit by bit:
//   npx tsx bench/repeat.ts [--steps 200] [--batch 2] [--tokens 32]
import { parseArgs } from 'node:util';
import type { Gpu } from '../src/devices/gpu/device.ts';
import type { NamedTensors, StepMetrics } from '../src/model/engine.ts';
import { KernelEngine } from '../src/engine/engine.ts';
import { openGpu } from './device.ts';
import { optimizerStep } from './measure.ts';
import { randomBatch, randomWeights } from './random.ts';
import { configOf } from './sizes.ts';

interface Outcome {
  metrics: StepMetrics[];
  tensors: NamedTensors[];
}

async function run(gpu: Gpu, steps: number, B: number, N: number): Promise<Outcome> {
  const config = configOf('tiny');
  const engine = await KernelEngine.create(gpu, config, randomWeights(config));
  const batch = randomBatch(config, B, N);
  for (let step = 1; step <= steps; step++) await engine.trainStep([batch], optimizerStep(step));
  const metrics = await engine.drainMetrics();
  const { exp_avg, exp_avg_sq } = await engine.readOptimizer();
  const tensors = [await engine.readWeights(), exp_avg, exp_avg_sq];
  engine.dispose();
  return { metrics, tensors };
}

/** Values whose bits differ. */
function differences(a: NamedTensors, b: NamedTensors): number {
  let count = 0;
  for (const [name, { data }] of a) {
    const other = b.get(name)?.data ?? new Float32Array();
    const [bits, otherBits] = [data, other].map(
      ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length),
    );
    for (const [i, value] of bits.entries()) if (value !== otherBits[i]) count++;
  }
  return count;
}

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '200' },
    batch: { type: 'string', default: '2' },
    tokens: { type: 'string', default: '32' },
  },
});
const [steps, B, N] = [values.steps, values.batch, values.tokens].map(Number);
const gpu = await openGpu();
const start = performance.now();
const first = await run(gpu, steps, B, N);
const second = await run(gpu, steps, B, N);
const different = {
  weights: differences(first.tensors[0], second.tensors[0]),
  exp_avg: differences(first.tensors[1], second.tensors[1]),
  exp_avg_sq: differences(first.tensors[2], second.tensors[2]),
  metrics: first.metrics.filter(
    ({ loss, gradNorm }, i) => loss !== second.metrics[i].loss || gradNorm !== second.metrics[i].gradNorm,
  ).length,
};
const { hidden_dropout_prob, attention_probs_dropout_prob } = configOf('tiny');
console.log(
  JSON.stringify({
    adapter: gpu.name,
    steps,
    shape: `${B} x ${N}`,
    hidden_dropout_prob,
    attention_probs_dropout_prob,
    first_loss: first.metrics[0].loss,
    last_loss: first.metrics[steps - 1].loss,
    different,
    seconds: (performance.now() - start) / 1000,
  }),
);
// Dawn keeps Node alive.
process.exit(Object.values(different).every((count) => count === 0) ? 0 : 1);
