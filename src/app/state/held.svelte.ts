import { proxy } from 'comlink';
import type { Evaluation } from '../../answering/evaluation.ts';
import { requireQuestions } from '../../answering/prepare-data.ts';
import { getRunInputs, updateRun, type Run } from '../../storage/runs.ts';
import { checkFits, type RunMemory } from '../../training/run-memory.ts';
import type { TrainingArguments } from '../../training/training-arguments.ts';
import {
  unwrap,
  type PreparedData,
  type Reply,
  type Role,
  type TrainerWorker,
} from '../../workers/protocol.ts';
import { data } from '../data/data.svelte.ts';
import { live } from '../training/live.svelte.ts';
import { chosen, type ModelChoice } from './chosen.svelte.ts';
import { device } from './device.svelte.ts';
import { work } from './work.svelte.ts';
import { tokenizer, trainer } from './workers.ts';

/** The weights of a run as its training left them, or (null) the chosen model's as they came, a new head made with `seed`. */
export type HeldModel = { runId: string } | { runId: null; seed: number };

interface HeldRows {
  prepared: PreparedData;
  /** The run whose rows they are; null: of the chosen data. */
  runId: string | null;
  /** What they were made of; [] where that is not all that is chosen. */
  sources: readonly unknown[];
}

/** What the two workers hold: a model in the trainer, rows in the tokenizer. */
class Held {
  /** Another object for other weights; null: nothing that could be told. */
  model = $state.raw<HeldModel | null>(null);
  /** Of the model that was read last. */
  parameters = $state(0);
  private rows = $state.raw<HeldRows | null>(null);
  /** What a run takes of the GPU, or what would fit; null without a GPU. */
  memory = $state.raw<RunMemory | null>(null);

  get prepared(): PreparedData | null {
    return this.rows?.prepared ?? null;
  }

  /** The rows of the data, model and settings as they are chosen now; null until they are made. */
  get measured(): PreparedData | null {
    const { rows } = this;
    if (!rows || rows.sources.length === 0) return null;
    return chosen.rowSources.every((part, i) => part === rows.sources[i]) ? rows.prepared : null;
  }

  /** Reads what has not been chosen and tokenizes it. */
  async prepare(): Promise<void> {
    await data.fill();
    const { files } = await chosen.readModel();
    const sources = chosen.rowSources;
    await this.fillRows(null, sources, () => tokenizer.prepare(files, chosen.args, work.reporter()));
    this.memory = null;
  }

  /** The chosen evaluation questions for the tokenizer of a run. */
  async prepareEvaluation(run: Run): Promise<void> {
    await data.fill();
    const files = Object.fromEntries((await getRunInputs(run.id)).modelFiles);
    const { max_eval_samples, seed } = chosen.args;
    // Only the answers to the evaluation questions are asked for: a single training row is made beside them.
    const args = { ...run.args, max_train_samples: 1, max_eval_samples, seed };
    await this.fillRows(null, [], () => tokenizer.prepare(files, args, work.reporter()));
  }

  /** The rows of a stored run, whatever data is chosen. */
  async prepareRun(runId: string): Promise<void> {
    if (this.rows?.runId === runId) return;
    await this.fillRows(runId, [], () => tokenizer.prepareRun(runId, work.reporter()));
  }

  /** The rows that were prepared have become those of a run that was begun with them. */
  giveRowsTo(runId: string): void {
    if (this.rows) this.rows = { ...this.rows, runId };
  }

  /** Has the trainer hold the chosen model as it came. */
  async holdChosen(): Promise<void> {
    await device.require();
    const { model } = this;
    if (model?.runId !== null || model.seed !== chosen.args.seed) await this.load(await chosen.readModel());
  }

  /** Has the trainer hold a model in place of the one before. */
  async load({ files, description }: ModelChoice): Promise<void> {
    await device.require();
    work.begin('loading');
    const { seed } = chosen.args;
    const found = unwrap(await trainer.load(files, description, seed, work.reporter()));
    await device.refresh();
    this.memory = this.model = null;
    work.heedStop();
    chosen.found = found;
    this.parameters = found.parameters;
    this.model = { runId: null, seed };
  }

  /** Has the trainer hold a stored run as far as its last whole checkpoint; gives how far that is. */
  async restore(runId: string): Promise<Run['progress']> {
    await device.require();
    work.begin('loading');
    const { progress, parameters, damaged } = unwrap(await trainer.restore(runId));
    this.parameters = parameters;
    await device.refresh();
    this.model = { runId };
    for (const error of damaged) work.warn(error);
    return progress;
  }

  /** Trains the run that is held to its end or to where it is stopped. */
  async train(runId: string): Promise<{ outcome: 'finished' | 'stopped'; progress: Run['progress'] }> {
    work.begin('training');
    // Until the training has come to its end, what is held is of no checkpoint, and may be no numbers any more.
    this.model = null;
    const onEvent = proxy<Parameters<TrainerWorker['train']>[1]>((event, bytes) => {
      live.onEvent(event, bytes);
      const { seconds } = live;
      if (event.type === 'checkpoint') void updateRun(runId, { seconds }).catch(() => {});
    });
    const onStorageError = proxy((error: Reply<never>) => work.warn(error));
    const ended = unwrap(await trainer.train(runId, onEvent, onStorageError));
    this.model = { runId };
    // A stop has been done, or came when the last step was over: what follows is not meant by it.
    work.ending = null;
    return ended;
  }

  /** Throws ManabiError when a run does not fit on the GPU; `memory` tells what would. */
  async reserve(args: TrainingArguments): Promise<void> {
    const { prepared } = this;
    if (!prepared || prepared.rows.train === 0) return;
    this.memory = unwrap(await trainer.reserve(args, prepared.longest));
    const { backend, name } = device.current ?? { backend: 'cpu', name: '' };
    checkFits(this.memory, backend === 'cpu' ? 'cpu' : 'gpu', name);
  }

  /** Answers the evaluation questions of the rows that are prepared. */
  async score(store: Parameters<TrainerWorker['evaluate']>[0]): Promise<Evaluation> {
    work.begin('evaluating');
    const onStorageError = proxy((error: Reply<never>) => work.warn(error));
    const found = unwrap(await trainer.evaluate(store, work.reporter(), onStorageError));
    work.heedStop();
    return found;
  }

  /** Throws ManabiError where every question was left out: the error of the first one. */
  checkQuestions(...roles: Role[]): void {
    if (!this.prepared) return;
    for (const role of roles) requireQuestions(this.prepared, role, data.files[role]?.name ?? '');
  }

  /** After work that failed: a model that could not be made may have cost the one before. */
  async checkModel(): Promise<void> {
    if (!(await trainer.holdsModel())) this.model = null;
  }

  private async fillRows(
    runId: string | null,
    sources: readonly unknown[],
    prepare: () => Promise<Reply<PreparedData>>,
  ): Promise<void> {
    work.begin('tokenizing');
    // A failure may leave some of the new rows: they are of no run that could be told.
    if (this.rows) this.rows = { ...this.rows, runId: null };
    this.rows = { prepared: unwrap(await prepare()), runId, sources };
  }
}

export const held = new Held();
