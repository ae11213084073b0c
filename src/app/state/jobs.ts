// What people can ask for. A job reads what is chosen, has the workers hold what it needs, and shows what came of it.
import { ManabiError } from '../../errors/manabi-error.ts';
import {
  deleteRun,
  getAnswersAt,
  getEvaluation,
  getMetrics,
  getRun,
  updateRun,
  type Run,
} from '../../storage/runs.ts';
import type { SmallerRun } from '../../training/run-memory.ts';
import { planSteps } from '../../training/steps.ts';
import { unwrap, type Backend } from '../../workers/protocol.ts';
import { data } from '../data/data.svelte.ts';
import { isPreset } from '../settings/presets.ts';
import { requireModelFiles } from '../shell/recognise-files.ts';
import { judgeRun } from '../training/judge-run.ts';
import { keepSpeed } from '../training/known-speeds.ts';
import { live } from '../training/live.svelte.ts';
import { chosen, type ModelChoice } from './chosen.svelte.ts';
import { device } from './device.svelte.ts';
import { held } from './held.svelte.ts';
import { keptValues } from './kept-values.ts';
import { shown, type ShownEvaluation } from './shown.svelte.ts';
import { work, type Area } from './work.svelte.ts';
import { tokenizer, trainer } from './workers.ts';

const MAX_RECOVERIES = 3;
const BROKEN = ['training-not-finite', 'training-overflow'];

/** Finds what the page computes on, or opens what was asked for (null: what is fastest). */
export async function openDevice(backend?: Backend | null): Promise<void> {
  await (backend === undefined ? device.openBest() : device.open(backend));
  held.model = null;
}

/** The processor with so many threads; null: all that the browser tells but one. */
export async function useThreads(threads: number | null): Promise<void> {
  await device.useThreads(threads);
  held.model = null;
}

/** The lengths in tokens with the chosen model's tokenizer and settings. */
export async function measure(): Promise<void> {
  await work.guarded('data', async () => {
    chosen.check();
    await held.prepare();
  });
}

export async function chooseModel(files: File[], name: string): Promise<void> {
  await guarded('model', async () => {
    await requireModelFiles(files);
    const byName = Object.fromEntries(files.map((file) => [file.name, file]));
    await replaceModel({ files: byName, description: { source: 'files', name } });
  });
}

export async function fetchModel(base: string, id: string): Promise<void> {
  await guarded('model', async () => {
    work.begin('fetching');
    const files = unwrap(await tokenizer.fetchModel(base, id, work.reporter()));
    await replaceModel({ files, description: { source: 'hub', name: id } });
  });
}

/** Back to the built-in model. */
export function clearModel(): void {
  delete work.errors.model;
  chosen.model = chosen.found = held.memory = held.model = null;
  shown.clear();
}

/** The main job: evaluate, train, evaluate. What has not been chosen is the built-in one. */
export async function start(): Promise<void> {
  await guarded('training', async () => {
    const { args, preset } = chosen;
    chosen.check();
    await held.prepare();
    held.checkQuestions('train', 'evaluation');
    await held.holdChosen();
    await held.reserve(args);
    const runId = unwrap(await trainer.begin(preset, args));
    const { before, run } = await scoreNewRun(runId).catch(async (error: unknown) => {
      // Nothing of it could be gone on from.
      await deleteRun(runId).catch(() => {});
      throw error;
    });
    shown.clear();
    shown.run = run;
    held.giveRowsTo(runId);
    shown.add(ofRun(run, 'before', before));
    await trainAndScore(run);
  });
}

async function scoreNewRun(runId: string) {
  const before = await held.score({ runId, when: 'before' });
  // Not from the store: where a browser keeps nothing for the page, a run is in the trainer's memory only.
  const run = unwrap(await trainer.run(runId));
  work.heedStop();
  return { before, run };
}

/** The main job with settings that fit. */
export async function runSmaller(settings: SmallerRun): Promise<void> {
  chosen.change(settings);
  await start();
}

/** Goes on with a stored run from its last checkpoint. */
export async function continueRun(run: Run): Promise<void> {
  await guarded('runs', () => goOnWith(run));
}

/** Goes on with a run that has come to its end, for more passes over its data. */
export async function extendRun(run: Run, epochs: number): Promise<void> {
  await guarded('runs', async () => {
    await held.prepareRun(run.id);
    const args = { ...run.args, num_train_epochs: run.args.num_train_epochs + epochs };
    const { totalSteps } = planSteps(held.prepared?.rows.train ?? 0, args);
    const longer = await updateRun(run.id, { args, progress: { ...run.progress, totalSteps } });
    try {
      await goOnWith(longer);
    } catch (error) {
      const { progress } = await getRun(run.id);
      // Where no step of it came to be stored, the run is as long as it was.
      if (progress.step === run.progress.step) {
        await updateRun(run.id, { args: run.args, progress: run.progress });
      }
      throw error;
    }
  });
}

/** Shows a stored run with its own data, model and settings; its model becomes the current one. What is chosen stays. */
export async function openRun(run: Run): Promise<void> {
  await guarded('runs', async () => {
    await showRun(run);
    if (!shown.after) await scoreRun(run);
  });
}

/** The chosen model is the current one again. */
export function closeRun(): void {
  shown.clear();
}

/** Puts the settings of a run in the form, with changes to them. */
export function takeSettings(run: Run, changes: Partial<Run['args']> = {}): void {
  chosen.takeSettings(isPreset(run.recipe) ? run.recipe : 'notebook', { ...run.args, ...changes });
}

/** Scores the current model on the chosen evaluation data. */
export async function evaluate(): Promise<void> {
  await guarded('training', async () => {
    const { run } = shown;
    chosen.check();
    await (run ? held.prepareEvaluation(run) : held.prepare());
    held.checkQuestions('evaluation');
    await holdCurrent();
    shown.add(await scored('current'));
    // Scoring without a run is in float32: the trained model as fp16 left it comes back at the next work.
    if (run?.args.fp16) held.model = null;
    shown.outcome = 'scored';
  });
}

/** Scores the chosen model as it came; the current model stays what it is. */
export async function evaluateBase(): Promise<void> {
  await guarded('training', async () => {
    chosen.check();
    await held.prepare();
    held.checkQuestions('evaluation');
    await held.holdChosen();
    shown.add(await scored('base'));
    shown.outcome = 'scored';
  });
}

/** The best answers of the current model, best first; the page stays free meanwhile. */
export async function ask(question: string, context: string) {
  let found: { answer: string; score: number; start: number; end: number }[] = [];
  await work.quietly('ask', () =>
    recovered(async () => {
      await holdCurrent();
      work.begin('answering');
      const answers = unwrap(await trainer.ask(question, context, work.reporter()));
      // Who has cancelled does not want them, though they were just found.
      work.heedStop();
      found = answers;
    }),
  );
  return found;
}

async function replaceModel(choice: ModelChoice): Promise<void> {
  await held.load(choice);
  chosen.model = choice;
  // What was shown are answers of another model.
  shown.clear();
}

/** Has the trainer hold the current model. Work that was cancelled or a lost GPU may have left another, or none. */
export async function holdCurrent(): Promise<void> {
  await device.require();
  const { run } = shown;
  if (!run) await held.holdChosen();
  else if (held.model?.runId !== run.id) await showRun(run);
}

/** Has the trainer hold a stored run, and shows what is kept of it: no answers and no log of other weights. */
async function showRun(run: Run): Promise<void> {
  const earlier = work.warnings.length;
  const progress = await held.restore(run.id);
  const warnings = work.warnings.slice(earlier);
  const others =
    run.id === shown.runId
      ? shown.evaluations.filter(({ kind }) => kind === 'current' || kind === 'base')
      : [];
  shown.clear();
  work.warnings = warnings;
  shown.run = { ...run, progress };
  live.show((await getMetrics(run.id)).filter(({ step }) => step <= progress.step));
  const before = await getEvaluation(run.id, 'before');
  const after = await getAnswersAt(run.id, progress.step);
  if (before) shown.add(ofRun(run, 'before', before));
  if (after) shown.add(ofRun(run, 'after', after));
  shown.evaluations = [...shown.evaluations, ...others];
  shown.verdict = run.verdict ?? judgeRun(live.log, before, after);
}

async function goOnWith(run: Run): Promise<void> {
  await showRun(run);
  await held.prepareRun(run.id);
  await held.reserve(run.args);
  await trainAndScore(shown.run ?? run);
}

async function trainAndScore(run: Run): Promise<void> {
  const runId = run.id;
  shown.forget('after');
  shown.verdict = null;
  live.beginClock(run.seconds ?? 0);
  for (let losses = 0; ; losses++) {
    try {
      const { outcome, progress } = await held.train(runId);
      const trained = await updateRun(runId, { seconds: live.seconds, verdict: undefined });
      if (device.current && live.progress) {
        keepSpeed(keptValues, { device: device.current, ...run }, live.progress.examplesPerSecond);
      }
      shown.run = { ...trained, progress };
      await scoreRun(shown.run);
      shown.outcome = outcome;
      return;
    } catch (error) {
      if (error instanceof ManabiError && BROKEN.includes(error.code)) await markBroken(run);
      const code = error instanceof ManabiError ? error.code : null;
      if ((code !== 'gpu-lost' && code !== 'gpu-wrong-loss') || losses === MAX_RECOVERIES) throw error;
      work.warnings = [...work.warnings, error as ManabiError];
      held.model = null;
      // Where the GPU was wrong, the processor has taken its place.
      await (code === 'gpu-lost' ? device.reopen() : device.refresh());
      await held.restore(runId);
    }
  }
}

/** Values that are no numbers any more: the checkpoint before them is kept, and the run says what happened to it. */
async function markBroken(run: Run): Promise<void> {
  shown.verdict = 'diverged';
  shown.outcome = 'broken';
  shown.run = await updateRun(run.id, { verdict: 'diverged', seconds: live.seconds }).catch(() => run);
}

/** Answers the evaluation questions of a run that is held, and says what came of its training. */
async function scoreRun(run: Run): Promise<void> {
  await held.prepareRun(run.id);
  const after = await held.score({ runId: run.id, when: 'after' });
  shown.add(ofRun(run, 'after', after));
  const verdict = judgeRun(live.log, shown.before, after);
  shown.verdict = verdict;
  if (verdict && verdict !== run.verdict) await updateRun(run.id, { verdict }).catch(() => {});
}

function ofRun(
  run: Run,
  kind: 'before' | 'after',
  evaluation: ShownEvaluation['evaluation'],
): ShownEvaluation {
  const ceiling = (kind === 'after' ? held.prepared?.ceiling : null) ?? null;
  return { kind, model: run.model.name, data: run.data.evaluation.name, evaluation, ceiling };
}

async function scored(kind: 'current' | 'base'): Promise<ShownEvaluation> {
  const evaluation = await held.score(null);
  const model = kind === 'base' ? (await chosen.readModel()).description.name : shown.modelName;
  const ceiling = held.prepared?.ceiling ?? null;
  return { kind, model, data: data.files.evaluation?.name ?? '', evaluation, ceiling };
}

/** A job of its own: its error is told where it was asked for. */
export async function guarded(area: Area, job: () => Promise<void>): Promise<void> {
  await work.guarded(area, () => {
    shown.outcome = null;
    return recovered(job);
  });
}

/** Work that needs the device: when it broke, there is a new one, and what was held went with the old one. */
async function recovered(job: () => Promise<void>): Promise<void> {
  try {
    await job();
  } catch (error) {
    if (await device.recover(error)) held.model = null;
    else await held.checkModel();
    throw error;
  }
}
