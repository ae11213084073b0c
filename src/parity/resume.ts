import { bytesSource } from '../checkpoint/byte-source.ts';
import { readTrainerCheckpoint, trainerCheckpointFiles } from '../checkpoint/trainer-checkpoint.ts';
import { joined } from '../checkpoint/safetensors.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig } from '../model/config.ts';
import { parameterShapes } from '../model/parameters.ts';
import { learningRateAt } from '../training/schedule.ts';
import type { LogEntry } from '../training/state.ts';
import { train } from '../training/train.ts';
import { below, readJson, subfolders } from './golden-folder.ts';
import { readTensors } from './models.ts';
import type { Report } from './report.ts';
import type { Sources } from './sources.ts';
import {
  compareLogs,
  compareWeights,
  goldenArguments,
  goldenFeatures,
  rowWidth,
  type RunLog,
} from './training.ts';

/** training/resume/checkpoint-N: the Trainer's own checkpoint is read, written again, and the run goes on from it. */
export async function checkResume(sources: Sources, report: Report): Promise<void> {
  for (const name of subfolders(sources.folder, 'training/resume')) {
    try {
      await checkCheckpoint(sources, name, report);
    } catch (error) {
      if (!(error instanceof ManabiError)) throw error;
      report.that(`resume ${name}`, false, error.message);
    }
  }
}

async function checkCheckpoint(sources: Sources, name: string, report: Report): Promise<void> {
  const { folder } = sources;
  const golden = await readJson<{ whole: LogEntry[]; resumed: LogEntry[] }>(
    folder,
    'training/resume/log.json',
  );
  const data = await readTensors(folder, 'training/data.safetensors');
  const prefix = `training/resume/${name}`;
  const label = `resume ${name}`;
  const config = parseConfig(await readJson(folder, `${prefix}/config.json`), `${prefix}/config.json`);
  const shapes = parameterShapes(config);
  const files = Object.fromEntries(
    await Promise.all(
      below(folder, prefix).map(async (file) => [file, await folder.bytes(`${prefix}/${file}`)] as const),
    ),
  );
  const named = (contents: Iterable<[string, Uint8Array]>) =>
    [...contents].map(([file, bytes]) => bytesSource(file, bytes));
  const found = await readTrainerCheckpoint(named(Object.entries(files)), shapes);
  const { state, settings } = found;
  const rows = goldenFeatures(data, 'train');
  // What the checkpoint does not say is as in training/fast, whose arguments the makers take: schedule, accumulation, clipping.
  const recipe = 'training/fast/log.json';
  const recorded = folder.paths.includes(recipe) ? (await readJson<RunLog>(folder, recipe)).arguments : {};
  const base = goldenArguments(recorded);
  const args = {
    ...base,
    ...settings,
    num_train_epochs: state.num_train_epochs,
    max_steps: state.max_steps,
    per_device_train_batch_size: state.train_batch_size ?? base.per_device_train_batch_size,
    max_seq_length: rowWidth(data),
  };
  const rate = learningRateAt(args, state.global_step + 1, state.max_steps);
  report.that(
    `${label} learning rate of the next step`,
    rate === found.nextLearningRate,
    `${rate}, scheduler.pt ${found.nextLearningRate}`,
  );

  const written = trainerCheckpointFiles(files, { ...found, args }, shapes.keys());
  const again = await readTrainerCheckpoint(
    named([...written].map(([file, parts]) => [file, joined(parts)])),
    shapes,
  );
  report.that(`${label} written and read again`, sameValues(found, again), 'bit by bit');

  const engine = await sources.createEngine(
    { ...config, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
    again.weights,
  );
  try {
    await engine.writeOptimizer(again.optimizer);
    const { log_history } = await train(
      engine,
      { train: rows, evaluation: goldenFeatures(data, 'eval'), padTokenId: 0 },
      args,
      { order: () => rows.map((_, i) => i), resumeFrom: again.state },
    );
    const rest = (log: LogEntry[]) => log.filter(({ step }) => step > state.global_step);
    const compared = rest(golden.resumed).filter(({ loss }) => loss !== undefined).length;
    report.that(`${label} goes on`, compared > 0, `${compared} steps after ${state.global_step}`);
    compareLogs(rest(golden.resumed), rest(log_history), label, report);
    compareLogs(rest(golden.whole), rest(log_history), `${label}, against the run in one piece,`, report);
    const final = 'training/fast/final.safetensors';
    // The run in one piece is that of training/fast where both logs say so.
    if (folder.paths.includes(final) && (await sameLosses(sources, golden.whole))) {
      const weights = await engine.readWeights();
      compareWeights(await readTensors(folder, final), weights, config, label, report);
    }
  } finally {
    engine.dispose();
  }
}

async function sameLosses({ folder }: Sources, whole: LogEntry[]): Promise<boolean> {
  const { log } = await readJson<{ log: LogEntry[] }>(folder, 'training/fast/log.json');
  const losses = (entries: LogEntry[]) => entries.map(({ loss, eval_loss }) => loss ?? eval_loss).join();
  return losses(log) === losses(whole);
}

type Read = Awaited<ReturnType<typeof readTrainerCheckpoint>>;

function sameValues(first: Read, second: Read): boolean {
  const groups = ({ weights, optimizer }: Read) => [weights, optimizer.exp_avg, optimizer.exp_avg_sq];
  const tensors = groups(first).every((group, g) => {
    const other = groups(second)[g];
    return (
      group.size === other.size &&
      [...group].every(([name, { shape, data }]) => {
        const tensor = other.get(name);
        return (
          tensor?.shape.join() === shape.join() && data.every((value, i) => Object.is(value, tensor.data[i]))
        );
      })
    );
  });
  const rest = ({ state, settings, nextLearningRate }: Read) =>
    JSON.stringify([state, Object.entries(settings).toSorted(), nextLearningRate]);
  return tensors && rest(first) === rest(second);
}
