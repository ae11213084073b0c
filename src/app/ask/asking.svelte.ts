import { ManabiError } from '../../errors/manabi-error.ts';
import { ask } from '../state/jobs.ts';
import { held } from '../state/held.svelte.ts';
import { work } from '../state/work.svelte.ts';

/** Between the last key and the question: shorter where answers come at once. */
const PAUSE_MS = { least: 80, most: 350 };
/** Where an answer takes longer, questions are answered when they are asked, not while they are typed. */
const SLOW_MS = 1500;

interface Found {
  /** The text that was asked about, which may be edited meanwhile. */
  context: string;
  question: string;
  answers: Awaited<ReturnType<typeof ask>>;
  /** The weights that answered. */
  by: typeof held.model;
}

/** Questions about one's own text: one is answered at a time, the newest one last. */
class Asking {
  context = $state('');
  question = $state('');
  private last = $state.raw<Found | null>(null);
  private going: Promise<void> | null = null;
  private wantsMore = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Of the last answer for which no model had to be loaded. */
  private tookMs = 0;

  /** Not beside a model that answers otherwise. */
  get found(): Found | null {
    return this.last?.by === held.model ? this.last : null;
  }

  /** Answers when nothing was typed for a moment. */
  typed(): void {
    clearTimeout(this.timer);
    if (this.context.trim() === '' || this.question.trim() === '' || this.tookMs > SLOW_MS) return;
    const { least, most } = PAUSE_MS;
    const pause = Math.min(most, Math.max(least, 2 * this.tookMs));
    this.timer = setTimeout(() => void this.answer(), pause);
  }

  /** Answers what stands in the fields; gives whether there is something to see. */
  async answer(): Promise<boolean> {
    clearTimeout(this.timer);
    this.wantsMore = true;
    // Who asks while an answer is on its way, because of a pause in the typing, waits for the newest one.
    this.going ??= this.answerNewest().finally(() => (this.going = null));
    await this.going;
    return this.found !== null && !work.errors.ask;
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.wantsMore = false;
    work.stop();
  }

  private async answerNewest(): Promise<void> {
    while (this.wantsMore) {
      this.wantsMore = false;
      await this.answerOnce();
    }
  }

  private async answerOnce(): Promise<void> {
    const { context, question } = this;
    if (context === '') return this.refuse('answer-empty-context');
    if (question === '') return this.refuse('answer-empty-question');
    const begun = performance.now();
    const by = held.model;
    const answers = await ask(question, context);
    if (work.errors.ask || work.busy) return;
    this.tookMs = by && by === held.model ? performance.now() - begun : 0;
    this.last = { context, question, answers, by: held.model };
  }

  private refuse(code: 'answer-empty-context' | 'answer-empty-question'): void {
    this.last = null;
    work.errors.ask = new ManabiError(code, '');
  }
}

export const asking = new Asking();
