// npm run bench -- [--processor] [--ask] [--full] [--size tiny|small|base] [--tokens 64,160,512] [--json FILE] [--fp16] [--chromium].
// How to read it: README.md.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { TileChoice } from '../src/kernels/linear/tile.ts';
import { gpuMemory } from '../src/devices/gpu/device.ts';
import { tuneTiles } from '../src/devices/gpu/tune.ts';
import { float32, type EngineSettings } from '../src/model/engine.ts';
import { planMemory, stepCalls } from '../src/engine/memory.ts';
import { benchAsk } from './ask.ts';
import { countCalls } from './calls.ts';
import { callInPage, inChromium } from './chromium.ts';
import { checkBaseStep } from './base-step.ts';
import { openGpu } from './device.ts';
import { flopsOf } from './flops.ts';
import type { measureHere, PageMeasure } from './in-page.ts';
import { printMachines } from './machines.ts';
import { benchProcessor, isKept } from './processor.ts';
import { measurePytorch, missingPytorch } from './pytorch.ts';
import { limitsOf, noMemory, type Limits } from './measure.ts';
import { printKernels, printTable, type PlanFigures, type ShapeReport } from './report.ts';
import { measureShape, reason, tooLarge } from './shape.ts';
import { configJson, configOf, sizeNames, type SizeName } from './sizes.ts';

const BATCH = 8;
/** A software adapter does 0.2 to 2 GFLOPS: larger steps are recorded there, not executed, unless --full; base never timed. */
const SOFTWARE_FLOPS = 5e9;

type Options = ReturnType<typeof readArguments>;

function readArguments() {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      size: { type: 'string' },
      tokens: { type: 'string' },
      json: { type: 'string' },
      fp16: { type: 'boolean', default: false },
      chromium: { type: 'boolean', default: false },
      processor: { type: 'boolean', default: false },
      ask: { type: 'boolean', default: false },
    },
  });
  const sizes = sizeNames.filter((size) => values.size === undefined || size === values.size);
  const given = values.tokens?.split(',').map(Number);
  const tokens = given ?? [64, 160, 512];
  if (sizes.length === 0 || !tokens.every((N) => Number.isInteger(N) && N > 0)) {
    throw new Error(
      'npm run bench -- [--processor] [--ask] [--full] [--size tiny|small|base] [--tokens 64,160,512] [--json FILE] [--fp16] [--chromium]',
    );
  }
  const { full, json, fp16, chromium, processor, ask } = values;
  return { sizes, given, tokens, full, json, settings: { ...float32, fp16 }, chromium, processor, ask };
}

/** Whether every figure that has a bound keeps it. */
async function main(): Promise<boolean> {
  const options = readArguments();
  if (options.processor || options.ask) {
    const found = options.ask
      ? await benchAsk()
      : await benchProcessor(options.sizes, options.given ?? null, options.chromium);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(found, null, 1)}\n`);
    return found.rows.every(isKept);
  }
  const { machine, reports } = await (options.chromium ? benchChromium(options) : benchNode(options));
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, reports }, null, 1)}\n`);
  printTable(reports);
  printKernels(reports);
  return true;
}

async function benchNode(options: Options) {
  const { full, settings } = options;
  const gpu = await openGpu();
  const calls = countCalls(gpu);
  const tiles = await tuneTiles(gpu, noMemory);
  const limits = limitsOf(gpu);
  const noPytorch = await missingPytorch();
  const { name: adapter, isSoftware: software } = gpu;
  const machine = announce(options, { adapter, software, limits, tiles, node: process.version });

  await printMachines(gpu, tiles);

  const reports: ShapeReport[] = [];
  for (const { size, N, small } of shapes(options)) {
    const config = configOf(size);
    const plan = planOf(size, N, tiles, limits, settings);
    const execute = small || !software;
    console.log(`${size} ${BATCH} x ${N}: ${execute ? 'executing' : 'recording only'} ...`);
    const measured = await measureShape(gpu, openGpu, calls, config, [BATCH, N], tiles, execute, settings);
    const pytorch = noPytorch
      ? { skipped: noPytorch }
      : execute
        ? await measurePytorch(size, BATCH, N, software ? 3 : 20).catch(reason)
        : tooLarge;
    const step = full && size === 'base' ? await checkBaseStep(gpu, config, BATCH, N, tiles) : null;
    reports.push({ size, B: BATCH, N, plan, ...measured, pytorch, step });
  }
  gpu.dispose();
  return { machine, reports };
}

function benchChromium(options: Options) {
  const { settings } = options;
  return inChromium(async (open) => {
    let machine = {};
    const reports: ShapeReport[] = [];
    for (const { size, N, small } of shapes(options)) {
      const page = await open();
      const values: Parameters<typeof measureHere> = [size, configJson(size), [BATCH, N], small, settings];
      const measured = await callInPage<PageMeasure>(page, '/bench/in-page.ts', 'measureHere', values);
      await page.close();
      const { tiles, limits, kernels, composed, ...adapter } = measured;
      machine = announce(options, { ...adapter, limits, tiles, browser: 'Chromium' });
      const plan = planOf(size, N, tiles, limits, settings);
      const pytorch = { skipped: 'not in Chromium' };
      reports.push({ size, B: BATCH, N, plan, kernels, composed, pytorch, step: null });
    }
    return { machine, reports };
  });
}

/** `small`: executed on a software adapter too. */
function shapes({ sizes, tokens, full }: Options) {
  return sizes.flatMap((size) =>
    tokens.map((N) => {
      const { necessary } = flopsOf(stepCalls(configOf(size), { B: BATCH, N }), 'gpu');
      return { size, N, small: size !== 'base' && (full || necessary <= SOFTWARE_FLOPS) };
    }),
  );
}

function announce({ settings }: Options, found: object): object {
  const machine = { ...found, fp16: settings.fp16, cpu: `${cpus()[0].model}, ${cpus().length} threads` };
  console.log(JSON.stringify(machine));
  return machine;
}

function planOf(
  size: SizeName,
  N: number,
  tiles: TileChoice,
  limits: Limits,
  settings: EngineSettings,
): PlanFigures {
  const config = configOf(size);
  const memory = planMemory(config, [{ B: BATCH, N, mode: 'train' }], gpuMemory(limits), settings);
  // Micro-batches that a cut batch would need are not counted: at these sizes no batch is cut.
  const calls = stepCalls(config, { B: BATCH, N }, tiles, settings);
  const { executed, necessary } = flopsOf(calls, 'gpu');
  return {
    ...memory,
    dispatches: calls.pass.length + calls.finish.length,
    necessary_flops: necessary,
    executed_flops: executed,
    flops_ratio: executed / necessary,
  };
}

const kept = await main();
// Dawn keeps Node alive.
process.exit(kept ? 0 : 1);
