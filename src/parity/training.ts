import type { Feature } from '../features/feature.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { LogEntry } from '../training/state.ts';
import { train } from '../training/train.ts';
import { defaultArguments, type TrainingArguments } from '../training/training-arguments.ts';
import { readJson, subfolders } from './golden-folder.ts';
import { largestDifference, loadModel, readTensors, zeroGradients } from './models.ts';
import type { Report } from './report.ts';
import type { Sources } from './sources.ts';

export interface RunLog {
  arguments: Partial<TrainingArguments> & { logging_steps?: number };
  log: LogEntry[];
}

/** training/<run>/: loss, grad_norm, learning rate of every step, eval_loss of every epoch, final weights. */
export async function checkTraining(sources: Sources, report: Report): Promise<void> {
  const { folder } = sources;
  const data = await readTensors(folder, 'training/data.safetensors');
  for (const run of subfolders(folder, 'training')) {
    if (!folder.paths.includes(`training/${run}/final.safetensors`)) {
      if (run !== 'resume') report.note(`training ${run}: not checked, it has no final.safetensors`);
      continue;
    }
    try {
      await checkRun(sources, run, data, report);
    } catch (error) {
      if (!(error instanceof ManabiError) || error.code.startsWith('gpu-')) throw error;
      report.that(`training ${run}`, false, error.message);
    }
  }
}

async function checkRun(sources: Sources, run: string, data: NamedTensors, report: Report): Promise<void> {
  const { folder } = sources;
  const golden = await readJson<RunLog>(folder, `training/${run}/log.json`);
  const { config, weights } = await loadModel(sources.models, 'ku-like');
  const withoutDropout = { ...config, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
  const engine = await sources.createEngine(withoutDropout, weights);
  try {
    const rows = goldenFeatures(data, 'train');
    const state = await train(
      engine,
      { train: rows, evaluation: goldenFeatures(data, 'eval'), padTokenId: 0 },
      { ...goldenArguments(golden.arguments), max_seq_length: rowWidth(data) },
      { order: () => rows.map((_, i) => i) },
    );
    compareLogs(golden.log, state.log_history, `training ${run}`, report);
    const final = await readTensors(folder, `training/${run}/final.safetensors`);
    compareWeights(final, await engine.readWeights(), config, `training ${run}`, report);
  } finally {
    engine.dispose();
  }
}

/** What the recorded arguments leave out is as the makers of the goldens have it: evaluation every logging step where none is said. */
export function goldenArguments(recorded: RunLog['arguments']): TrainingArguments {
  const eval_steps = recorded.eval_steps ?? recorded.logging_steps ?? 1;
  return { ...defaultArguments, ...recorded, eval_steps, save_strategy: 'no', doc_stride: 0 };
}

/** Positions of every row of training/data.safetensors: all are padded to it. */
export function rowWidth(data: NamedTensors): number {
  return data.get('train.input_ids')?.shape[1] ?? 0;
}

/** Rows of training/data.safetensors, without their padding. */
export function goldenFeatures(data: NamedTensors, split: 'train' | 'eval'): Feature[] {
  const ids = data.get(`${split}.input_ids`);
  const [rows, N] = ids?.shape ?? [0, 0];
  const row = (name: string, i: number, width: number) =>
    Int32Array.from(data.get(`${split}.${name}`)?.data.subarray(i * width, (i + 1) * width) ?? []);
  return Array.from({ length: rows }, (_, i) => {
    const length = row('attention_mask', i, N).reduce((sum, value) => sum + value, 0);
    return {
      exampleId: String(i),
      inputIds: row('input_ids', i, N).slice(0, length),
      tokenTypeIds: new Int32Array(length),
      sequenceIds: new Int8Array(length),
      starts: new Int32Array(length),
      ends: new Int32Array(length),
      startPosition: row('start_positions', i, 1)[0],
      endPosition: row('end_positions', i, 1)[0],
    };
  });
}

/** Largest difference of every figure that the golden log holds, against the bounds. */
export function compareLogs(golden: LogEntry[], found: LogEntry[], label: string, report: Report) {
  const worst = { loss: 0, grad_norm: 0, learning_rate: 0, eval_loss: 0 };
  let logged = 0;
  for (const wanted of golden) {
    // The loss is the mean over the steps since the last one that was logged.
    const losses = found.filter(
      ({ step, loss }) => loss !== undefined && step > logged && step <= wanted.step,
    );
    const meanLoss = losses.reduce((sum, { loss = NaN }) => sum + loss, 0) / losses.length;
    if (wanted.loss !== undefined) logged = wanted.step;
    for (const name of ['loss', 'grad_norm', 'learning_rate', 'eval_loss'] as const) {
      const value = wanted[name];
      if (value === undefined) continue;
      const mine =
        name === 'loss'
          ? meanLoss
          : (found.find((entry) => entry.step === wanted.step && entry[name] !== undefined)?.[name] ?? NaN);
      const scale = name === 'grad_norm' ? Math.abs(value) : 1;
      const error = Math.abs(mine - value) / scale;
      worst[name] = Number.isNaN(error) ? Infinity : Math.max(worst[name], error);
    }
  }
  report.atMost(`${label} loss`, worst.loss, 1e-4);
  report.atMost(`${label} grad_norm (relative)`, worst.grad_norm, 1e-4);
  report.that(
    `${label} learning rate`,
    worst.learning_rate === 0,
    `largest difference ${worst.learning_rate}`,
  );
  report.atMost(`${label} eval_loss`, worst.eval_loss, 1e-4);
}

/** Final weights, but for the two without a gradient: Adam turns their rounding noise into steps of up to lr. */
export function compareWeights(
  golden: NamedTensors,
  found: NamedTensors,
  config: DebertaConfig,
  label: string,
  report: Report,
) {
  let worst = 0;
  let worstRms = 0;
  for (const [name, { data }] of golden) {
    if (zeroGradients(config).includes(name)) continue;
    const mine = found.get(name)?.data ?? new Float32Array();
    worst = Math.max(worst, largestDifference(mine, data));
    const sum = (term: (i: number) => number) => data.reduce((total, _, i) => total + term(i), 0);
    const rms = Math.sqrt(
      sum((i) => (mine[i] - data[i]) ** 2) /
        Math.max(
          1e-30,
          sum((i) => data[i] ** 2),
        ),
    );
    worstRms = Number.isNaN(rms) ? Infinity : Math.max(worstRms, rms);
  }
  report.atMost(`${label} final weights`, worst, 1e-3);
  report.atMost(`${label} final weights (relative RMS)`, worstRms, 1e-4);
}
