// npm run train -- --model_name_or_path DIR|ID --train_file F --validation_file F --output_dir D [--learning_rate ...]
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { predictionsCsv } from '../answering/csv.ts';
import { evaluateExamples, type Evaluation } from '../answering/evaluation.ts';
import {
  chooseForRun,
  prepareData,
  requireQuestions,
  type PreparedFigures,
} from '../answering/prepare-data.ts';
import { predictionsJson } from '../answering/squad-predictions.ts';
import { textFile } from '../export/export-file.ts';
import { modelCard } from '../export/model-card.ts';
import { readCardHeader } from '../checkpoint/card-header.ts';
import type { ModelFindings } from '../checkpoint/model-folder.ts';
import type { TrainerRun } from '../checkpoint/trainer-checkpoint.ts';
import '../errors/in-english.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { positionLimit } from '../model/config.ts';
import type { Engine } from '../model/engine.ts';
import { KernelEngine } from '../engine/engine.ts';
import { TrainingControl } from '../training/control.ts';
import { checkFits, passesOf, planRun, type Longest } from '../training/run-memory.ts';
import { learningRateAt } from '../training/schedule.ts';
import type { LogEntry } from '../training/state.ts';
import { train, type TrainingEvent } from '../training/train.ts';
import { checkArguments, type TrainingArguments } from '../training/training-arguments.ts';
import { openBest, openCheckedWebGpu, openCpu, type CreateEngine } from './backend.ts';
import { openDataFile, originOfFile } from './data-file.ts';
import { openModel, readCheckpoint, writeCheckpoint, writeModelFolder } from './model-folder.ts';
import { progressBar } from './progress-bar.ts';
import { readTrainCommand, UsageError, type TrainCommand } from './train-arguments.ts';
import { writeFolder } from './write-folder.ts';

/** Names of run_qa.py (percent), and the project's own beside them. */
function resultsOf(evaluation: Evaluation, log: readonly LogEntry[]) {
  const { accuracy, jglue, squad_v1, squad_v2, negative } = evaluation;
  const ofRunQa: [string, number][] = negative
    ? Object.entries(negative)
    : [
        ['exact_match', 100 * squad_v1.em],
        ['f1', 100 * squad_v1.f1],
      ];
  return {
    ...Object.fromEntries(ofRunQa.map(([name, value]) => [`eval_${name}`, value])),
    eval_accuracy: accuracy,
    eval_jglue: jglue,
    eval_squad_v2: squad_v2,
    eval_loss: log.findLast((entry) => entry.eval_loss !== undefined)?.eval_loss ?? null,
    train_loss: log.findLast((entry) => entry.train_loss !== undefined)?.train_loss ?? null,
  };
}

function openBackend({ backend, threads }: TrainCommand): Promise<CreateEngine> {
  if (backend === 'webgpu') return openCheckedWebGpu();
  return backend === 'cpu' ? openCpu(threads ?? undefined) : openBest(threads ?? undefined);
}

async function main(): Promise<void> {
  const command = readTrainCommand(process.argv.slice(2));
  const { args: given, output_dir } = command;
  checkArguments(given);
  const { model_name_or_path, cache_dir } = command;
  // First what costs little: a model may have to be downloaded.
  const training = await openDataFile(command.train_file, cache_dir);
  const held = command.validation_file
    ? await openDataFile(command.validation_file, cache_dir)
    : { examples: [] };
  const {
    config,
    tensors: weights,
    tokenizer,
    files,
    findings,
    isFromHub,
  } = await openModel(model_name_or_path, given.seed, cache_dir);
  checkArguments(given, positionLimit(config));
  tellOfModel(findings);
  const { examples, args } = chooseForRun({ train: training, evaluation: held }, given);
  const { rows, figures } = await prepareData(tokenizer, examples, args);
  tellOfRows(figures);
  requireQuestions(figures, 'train', command.train_file);
  if (command.validation_file) requireQuestions(figures, 'evaluation', command.validation_file);
  const data = { ...rows, padTokenId: tokenizer.padTokenId };
  const createEngine = await openBackend(command);
  const engine = await createEngine(config, weights, {
    fp16: args.fp16,
    freeze_embeddings: args.freeze_embeddings,
  });
  console.log(
    `${data.train.length} training rows from ${figures.questions.train} questions on ${engine.device}`,
  );
  if (engine instanceof KernelEngine) await reserve(engine, args, figures.longest);

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

  const trainOrigin = await originOfFile(command.train_file);
  const evaluationOrigin = command.validation_file ? await originOfFile(command.validation_file) : undefined;
  const cardWith = (scores: Evaluation | null) =>
    modelCard({
      base: isFromHub ? model_name_or_path : basename(resolve(model_name_or_path)),
      isFromHub,
      header: readCardHeader(files['README.md']),
      id: output_dir,
      run: {
        args,
        data: {
          train: {
            name: basename(command.train_file),
            questions: figures.questions.train,
            origin: trainOrigin,
          },
          evaluation: {
            name: basename(command.validation_file ?? 'none'),
            questions: figures.questions.evaluation,
            origin: evaluationOrigin,
          },
        },
        progress: { step: state.global_step, totalSteps: state.max_steps },
      },
      scores,
      types: [],
    });
  await writeModelFolder(output_dir, files, await engine.readWeights(), cardWith(null));
  if (rows.examples.evaluation.length > 0 && !control.stopRequested) {
    const evaluation = await evaluateExamples(
      engine,
      tokenizer,
      rows.examples.evaluation,
      {},
      {},
      rows.negative,
    );
    const results = {
      epoch: state.epoch,
      eval_samples: rows.examples.evaluation.length,
      ...resultsOf(evaluation, state.log_history),
    };
    await writeFolder(output_dir, [
      textFile('eval_results.json', `${JSON.stringify(results, null, 2)}\n`),
      textFile('README.md', cardWith(evaluation)),
      textFile('predictions.csv', predictionsCsv(evaluation.rows)),
      textFile('predictions.json', predictionsJson(evaluation.rows)),
    ]);
    console.log(JSON.stringify(results, null, 2));
  }
  engine.dispose();
}

/** Says what was found in the model's files. */
function tellOfModel({ missing, unexpected, naming, beyondVocabulary }: ModelFindings): void {
  if (naming.nestedIn.length > 0) console.log(`Weights under: ${naming.nestedIn.join('.')}`);
  if (naming.prefixes.length > 0) console.log(`Taken off the names: ${naming.prefixes.join(', ')}`);
  if (naming.isBare) console.log('Names without "deberta.", as of a bare DebertaV2Model');
  if (unexpected.length > 0) console.log(`Not used: ${unexpected.join(', ')}`);
  if (missing.length > 0) console.log(`Newly initialized: ${missing.join(', ')}`);
  if (beyondVocabulary.length > 0) {
    const tokens = beyondVocabulary.map(({ token, id }) => `${token} (${id})`);
    console.log(
      `Tokens without an embedding, fine while the data has none: ${tokens.slice(0, 20).join(', ')}`,
    );
  }
}

/** Says which questions the tokenizer could not place. */
function tellOfRows({ excluded, unplaced }: PreparedFigures): void {
  for (const [code, count] of Object.entries(excluded)) {
    const rows = unplaced.filter((question) => question.code === code);
    console.log(
      `${count} questions left out: ${new ManabiError(rows[0].code, rows[0].id, rows[0].details).message}`,
    );
  }
}

/** Says what the run needs and takes it. Throws ManabiError gpu-buffer-too-large, gpu-memory, cpu-memory. */
async function reserve(engine: KernelEngine, args: TrainingArguments, longest: Longest): Promise<void> {
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
