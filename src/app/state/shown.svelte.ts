import type { Ceiling } from '../../answering/ceiling.ts';
import type { Evaluation } from '../../answering/evaluation.ts';
import type { Run, Verdict } from '../../storage/runs.ts';
import { live } from '../training/live.svelte.ts';
import { chosen } from './chosen.svelte.ts';
import { work } from './work.svelte.ts';

/** Answers on the page: of the run that is shown before and after its training, of the current model, of the base model. */
export interface ShownEvaluation {
  kind: 'before' | 'after' | 'current' | 'base';
  /** The model that answered. */
  model: string;
  /** The file of its questions. */
  data: string;
  evaluation: Evaluation;
  /** What no model that answers in tokens can exceed on them; null for stored answers. */
  ceiling: Ceiling | null;
}

/** How the work that was asked for last has ended. */
export type Outcome = 'finished' | 'stopped' | 'scored' | 'broken';

/** What the page shows: a run and its model, and answers. */
class Shown {
  /** The run whose log, answers and model are shown, as far as it is trained; null: the chosen model as it came. */
  run = $state.raw<Run | null>(null);
  evaluations = $state.raw<ShownEvaluation[]>([]);
  private picked = $state.raw<ShownEvaluation | null>(null);
  /** Until it is seen. */
  outcome = $state.raw<Outcome | null>(null);
  /** Of the run that is shown, once it has come to an end. */
  verdict = $state.raw<Verdict | null>(null);

  get runId(): string | null {
    return this.run?.id ?? null;
  }

  /** The name of the current model: the one that answers, is evaluated and is saved. */
  get modelName(): string {
    return this.run?.model.name ?? chosen.model?.description.name ?? 'manabi-small';
  }

  get before(): Evaluation | null {
    return this.find('before')?.evaluation ?? null;
  }

  get after(): Evaluation | null {
    return this.find('after')?.evaluation ?? null;
  }

  /** The answers in the table. */
  get evaluation(): ShownEvaluation | null {
    if (this.picked && this.evaluations.includes(this.picked)) return this.picked;
    return this.find('after') ?? this.evaluations.at(-1) ?? null;
  }

  pick(evaluation: ShownEvaluation): void {
    this.picked = evaluation;
  }

  /** Adds answers, in place of those of the same model to the same questions, and shows them. */
  add(added: ShownEvaluation): void {
    const isSame = ({ kind, model, data }: ShownEvaluation) =>
      kind === added.kind &&
      (kind === 'before' || kind === 'after' || (model === added.model && data === added.data));
    this.evaluations = [...this.evaluations.filter((shown) => !isSame(shown)), added];
    this.picked = added;
  }

  forget(kind: ShownEvaluation['kind']): void {
    this.evaluations = this.evaluations.filter((shown) => shown.kind !== kind);
  }

  /** Only when there is something to show in its place. */
  clear(): void {
    this.evaluations = [];
    this.run = this.outcome = this.verdict = this.picked = null;
    live.show([]);
    work.warnings = [];
  }

  find(kind: ShownEvaluation['kind']): ShownEvaluation | undefined {
    return this.evaluations.find((shown) => shown.kind === kind);
  }
}

export const shown = new Shown();
