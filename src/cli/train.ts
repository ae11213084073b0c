// npm run train -- --model_name_or_path DIR --train_file F --validation_file F --output_dir D [--learning_rate ...]
import { appendFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { predictionsCsv } from '../answering/csv.ts';
import { evaluateExamples, type Evaluation } from '../answering/evaluation.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { notebookFeature, windowFeatures } from '../features/features.ts';
import type { Feature } from '../features/feature.ts';
import type { Engine } from '../model/engine.ts';
import { KernelEngine } from '../engine/engine.ts';
import { initializeHead } from '../model/parameters.ts';
import type { SquadExample } from '../squad/example.ts';
import { readSquadFile } from '../squad/parse.ts';
import { sampleExamples } from '../squad/sample.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TrainerRun } from '../checkpoint/trainer-checkpoint.ts';
import { TrainingControl } from '../training/control.ts';
import { checkFits, passesOf, planRun } from '../training/run-memory.ts';
import { learningRateAt } from '../training/schedule.ts';
import type { LogEntry } from '../training/state.ts';
import { train, type TrainingEvent } from '../training/train.ts';
import { checkArguments, type TrainingArguments } from '../training/training-arguments.ts';
import { openBest, openCpu, openWebGpu, type CreateEngine } from './backend.ts';
import { readCheckpoint, readModelFolder, writeCheckpoint, writeModelFolder } from './model-folder.ts';
import { progressBar } from './progress-bar.ts';
import { readTrainCommand, UsageError, type TrainCommand } from './train-arguments.ts';

async function readExamples(path: string, samples: number | null, seed: number): Promise<SquadExample[]> {
  const { size } = await stat(path);
  const arrayBuffer = async () => Uint8Array.from(await readFile(path)).buffer;
  const { examples, excluded } = await readSquadFile({ name: path, size, arrayBuffer });
  if (excluded.length > 0) {
    const { place, reason } = excluded[0];
    console.log(`${path}: ${excluded.length} rows left out (the first: ${place}, ${reason})`);
  }
  return sampleExamples(examples, samples, seed);
}

function featuresOf(tokenizer: Tokenizer, examples: SquadExample[], args: TrainingArguments): Feature[] {
  return examples.flatMap((example) =>
    args.return_overflowing_tokens
      ? windowFeatures(tokenizer, example, args)
      : [notebookFeature(tokenizer, example, args)],
  );
}

/** Names of run_qa.py (percent), and the project's own beside them. */
function resultsOf({ accuracy, jglue, squad_v1, squad_v2 }: Evaluation, log: readonly LogEntry[]) {
  return {
    eval_exact_match: 100 * squad_v1.em,
    eval_f1: 100 * squad_v1.f1,
    eval_accuracy: accuracy,
    eval_jglue: jglue,
    eval_squad_v2: squad_v2,
    eval_loss: log.findLast((entry) => entry.eval_loss !== undefined)?.eval_loss ?? null,
    train_loss: log.findLast((entry) => entry.train_loss !== undefined)?.train_loss ?? null,
  };
}

function openBackend({ backend, threads }: TrainCommand): Promise<CreateEngine> {
  if (backend === 'webgpu') return openWebGpu();
  return backend === 'cpu' ? openCpu(threads ?? undefined) : openBest(threads ?? undefined);
}

async function main(): Promise<void> {
  const command = readTrainCommand(process.argv.slice(2));
  const { args, output_dir } = command;
  checkArguments(args);
  const { config, weights, missing, unexpected, tokenizer, files } = await readModelFolder(
    command.model_name_or_path,
  );
  if (unexpected.length > 0) console.log(`Not used: ${unexpected.join(', ')}`);
  if (missing.length > 0) {
    console.log(`Newly initialized: ${missing.join(', ')}`);
    for (const [name, tensor] of initializeHead(config, args.seed)) weights.set(name, tensor);
  }
  const training = await readExamples(command.train_file, args.max_train_samples, args.seed);
  const held = command.validation_file
    ? await readExamples(command.validation_file, args.max_eval_samples, args.seed)
    : [];
  const data = {
    train: featuresOf(tokenizer, training, args),
    evaluation: featuresOf(tokenizer, held, args),
    padTokenId: tokenizer.padTokenId,
  };
  const createEngine = await openBackend(command);
  const engine = await createEngine(config, weights, {
    fp16: args.fp16,
    freeze_embeddings: args.freeze_embeddings,
  });
  console.log(`${data.train.length} training rows from ${training.length} questions on ${engine.device}`);
  if (engine instanceof KernelEngine) await reserve(engine, args, data);

  await mkdir(output_dir, { recursive: true });
  const log = join(output_dir, 'trainer_log.jsonl');
  const resumed = command.resume_from_checkpoint
    ? await readCheckpoint(command.resume_from_checkpoint, config, args)
    : null;
  if (resumed) {
    await engine.writeWeights(resumed.weights);
    await engine.writeOptimizer(resumed.optimizer);
  } else await rm(log, { force: true });

  const control = new TrainingControl();
  process.once('SIGINT', () => {
    console.log('\nStopping with a checkpoint; press Ctrl+C again to end at once.');
    control.stop();
  });
  const onEvent = eventWriter(engine, files, args, output_dir, log);
  const state = await train(engine, data, args, { control, onEvent, resumeFrom: resumed?.state });

  const card = `# ${command.model_name_or_path}, fine-tuned for question answering\n\n\`\`\`json\n${JSON.stringify(args, null, 2)}\n\`\`\`\n`;
  await writeModelFolder(output_dir, files, await engine.readWeights(), card);
  if (held.length > 0 && !control.stopRequested) {
    const evaluation = await evaluateExamples(engine, tokenizer, held, {}, {});
    const results = {
      epoch: state.epoch,
      eval_samples: held.length,
      ...resultsOf(evaluation, state.log_history),
    };
    await writeFile(join(output_dir, 'eval_results.json'), `${JSON.stringify(results, null, 2)}\n`);
    await writeFile(join(output_dir, 'predictions.csv'), predictionsCsv(evaluation.rows));
    console.log(JSON.stringify(results, null, 2));
  }
  engine.dispose();
}

/** Says what the run needs and takes it. Throws ManabiError gpu-buffer-too-large, gpu-memory, cpu-memory. */
async function reserve(
  engine: KernelEngine,
  args: TrainingArguments,
  data: Record<'train' | 'evaluation', Feature[]>,
): Promise<void> {
  const most = (rows: Feature[]) => rows.reduce((length, row) => Math.max(length, row.inputIds.length), 0);
  const longest = { train: most(data.train), evaluation: most(data.evaluation) };
  const memory = planRun(engine.config, args, longest, { ...engine.deviceMemory, refused: Infinity });
  checkFits(memory, engine.kind, engine.device);
  const { total, recompute } = await engine.reserve(passesOf(args, longest), memory.plans);
  console.log(`Memory: ${Math.ceil(total / 2 ** 20)} MiB${recompute ? ', computing layers again' : ''}`);
}

/** Progress to the terminal, log_history to the log file, and the newest checkpoint (the one before is removed). */
function eventWriter(
  engine: Engine,
  files: Record<string, Uint8Array>,
  args: TrainingArguments,
  output_dir: string,
  log: string,
): (event: TrainingEvent) => Promise<void> {
  const bar = progressBar(process.stdout);
  let last: string | null = null;
  const append = (entries: LogEntry[]) =>
    appendFile(log, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return async (event) => {
    if (event.type === 'steps') {
      await append(event.entries);
      bar.draw(event.progress, event.entries.at(-1)?.loss ?? NaN);
    } else if (event.type === 'evaluation') {
      await append([event.entry]);
      bar.line(`epoch ${event.entry.epoch.toFixed(2)}  eval_loss ${event.entry.eval_loss?.toFixed(4)}`);
    } else if (event.type === 'checkpoint') {
      const folder = join(output_dir, `checkpoint-${event.state.global_step}`);
      const { state } = event;
      const run: TrainerRun = {
        weights: await engine.readWeights(),
        optimizer: await engine.readOptimizer(),
        state,
        args,
        nextLearningRate: learningRateAt(args, state.global_step + 1, state.max_steps),
      };
      await writeCheckpoint(folder, files, run, engine.config);
      if (last && last !== folder) await rm(last, { recursive: true, force: true });
      last = folder;
    } else if (event.type === 'end') {
      await append(event.state.log_history.filter((entry) => entry.train_loss !== undefined).slice(-1));
      bar.line(`${event.outcome} at step ${event.state.global_step}`);
    }
  };
}

const driverAdvice =
  'Node finds GPUs through Vulkan, Metal or D3D12. On Linux install the driver, or a software one: apt install mesa-vulkan-drivers. The processor needs none: --backend cpu.';

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof ManabiError && error.code === 'gpu-no-adapter') console.error(driverAdvice);
  const expected = error instanceof ManabiError || error instanceof UsageError;
  if (!expected && error instanceof Error && !('code' in error)) console.error(error.stack);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
