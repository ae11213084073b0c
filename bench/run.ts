// npm run bench -- [--full] [--size tiny|small|base] [--tokens 64,160,512] [--json FILE] [--fp16] [--chromium]. How to read it: README.md.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ManabiError } from '../src/errors/manabi-error.ts';
import type { TileChoice } from '../src/gpu/linear/tile.ts';
import { tuneTiles } from '../src/gpu/linear/tune.ts';
import { float32, type EngineSettings } from '../src/model/engine.ts';
import { planMemory, stepCalls, type MemoryLimits } from '../src/model/fused/memory.ts';
import { countCalls } from './calls.ts';
import { measureInChromium } from './chromium.ts';
import { checkBaseStep } from './base-step.ts';
import { measureComposed } from './composed.ts';
import { openGpu } from './device.ts';
import { executedFlops, necessaryFlops } from './flops.ts';
import { measureFused } from './fused.ts';
import { measurePytorch, missingPytorch } from './pytorch.ts';
import { noMemory } from './measure.ts';
import { printKernels, printTable, type PlanFigures, type ShapeReport } from './report.ts';
import { randomBatch, randomWeights } from './random.ts';
import { configOf, sizeNames, type SizeName } from './sizes.ts';

const BATCH = 8;
/** A software adapter does 0.2 to 2 GFLOPS: larger steps are recorded there, not executed, unless --full; base never timed. */
const SOFTWARE_FLOPS = 5e9;

function readArguments() {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      size: { type: 'string' },
      tokens: { type: 'string', default: '64,160,512' },
      json: { type: 'string' },
      fp16: { type: 'boolean', default: false },
      chromium: { type: 'boolean', default: false },
    },
  });
  const sizes = sizeNames.filter((size) => values.size === undefined || size === values.size);
  const tokens = values.tokens.split(',').map(Number);
  if (sizes.length === 0 || !tokens.every((N) => Number.isInteger(N) && N > 0)) {
    throw new Error(
      'npm run bench -- [--full] [--size tiny|small|base] [--tokens 64,160,512] [--json FILE] [--fp16] [--chromium]',
    );
  }
  const { full, json, fp16, chromium } = values;
  return { sizes, tokens, full, json, settings: { ...float32, fp16 }, chromium };
}

async function main(): Promise<void> {
  const { sizes, tokens, full, json, settings, chromium } = readArguments();
  if (chromium) return inChromium(tokens, json);
  const gpu = await openGpu();
  const calls = countCalls(gpu);
  const tiles = await tuneTiles(gpu, noMemory);
  const noPytorch = await missingPytorch();
  const machine = {
    adapter: gpu.name,
    software: gpu.isSoftware,
    limits: {
      maxStorageBufferBindingSize: gpu.device.limits.maxStorageBufferBindingSize,
      maxBufferSize: gpu.device.limits.maxBufferSize,
    },
    tiles,
    fp16: settings.fp16,
    node: process.version,
    cpu: `${cpus()[0].model}, ${cpus().length} threads`,
  };
  console.log(JSON.stringify(machine));

  const reports: ShapeReport[] = [];
  const save = () => json && writeFileSync(json, `${JSON.stringify({ machine, reports }, null, 1)}\n`);
  for (const size of sizes) {
    const config = configOf(size);
    const weights = randomWeights(config);
    for (const N of tokens) {
      const plan = planOf(size, N, tiles, gpu.device.limits, settings);
      const small = size !== 'base' && (full || plan.necessary_flops <= SOFTWARE_FLOPS);
      const execute = small || !gpu.isSoftware;
      const batch = randomBatch(config, BATCH, N);
      const fusedSteps = execute ? (gpu.isSoftware ? 2 : 20) : 0;
      console.log(`${size} ${BATCH} x ${N}: ${execute ? 'executing' : 'recording only'} ...`);
      const fused = await measureFused(gpu, calls, config, weights, batch, tiles, fusedSteps, settings);
      const skipped = {
        skipped: `too large for a software adapter${size === 'base' ? '' : ' without --full'}`,
      };
      const composed = execute
        ? await measureComposed(openGpu, calls, config, weights, batch, gpu.isSoftware ? 1 : 5).catch(reason)
        : skipped;
      const pytorch = noPytorch
        ? { skipped: noPytorch }
        : execute
          ? await measurePytorch(size, BATCH, N, gpu.isSoftware ? 3 : 20).catch(reason)
          : skipped;
      const step =
        full && size === 'base' ? await checkBaseStep(gpu, config, weights, BATCH, N, tiles) : null;
      reports.push({ size, B: BATCH, N, plan, fused, composed, pytorch, step });
      save();
    }
  }
  printTable(reports);
  printKernels(reports);
  gpu.dispose();
}

async function inChromium(tokens: readonly number[], json: string | undefined): Promise<void> {
  const measured = await measureInChromium(BATCH, tokens);
  const { adapter, software, tiles } = measured[0];
  // What every GPU allows, and more than the built-in model needs.
  const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };
  const reports = measured.map(({ fused, composed }, i): ShapeReport => {
    const plan = planOf('tiny', tokens[i], tiles, limits);
    const pytorch = { skipped: 'not in Chromium' };
    return { size: 'tiny', B: BATCH, N: tokens[i], plan, fused, composed, pytorch, step: null };
  });
  const machine = { adapter, software, tiles, browser: 'Chromium' };
  console.log(JSON.stringify(machine));
  if (json) writeFileSync(json, `${JSON.stringify({ machine, reports }, null, 1)}\n`);
  printTable(reports);
  printKernels(reports);
}

function planOf(
  size: SizeName,
  N: number,
  tiles: TileChoice,
  limits: MemoryLimits,
  settings: EngineSettings = float32,
): PlanFigures {
  const config = configOf(size);
  const memory = planMemory(config, [{ B: BATCH, N, mode: 'train' }], limits, settings);
  // Micro-batches that a cut batch would need are not counted: at these sizes no batch is cut.
  const calls = stepCalls(config, { B: BATCH, N }, tiles, settings);
  const necessary_flops = necessaryFlops(config, BATCH, N);
  const { executed, recomputed } = executedFlops(calls);
  return {
    ...memory,
    dispatches: calls.pass.length + calls.finish.length,
    necessary_flops,
    executed_flops: executed,
    recomputed_flops: recomputed,
    flops_ratio: (executed - recomputed) / necessary_flops,
  };
}

/** A comparison that fails (out of memory, say) is reported, with its reason, beside what was measured. */
function reason(error: unknown): { skipped: string } {
  const text = error instanceof ManabiError ? `${error.message} ${JSON.stringify(error.details)}` : error;
  return { skipped: `failed: ${String(text).slice(0, 500)}` };
}

await main();
// Dawn keeps Node alive.
process.exit(0);
