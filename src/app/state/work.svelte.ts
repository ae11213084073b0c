import { proxy } from 'comlink';
import { ManabiError } from '../../errors/manabi-error.ts';
import { unwrap, type Reply } from '../../workers/protocol.ts';
import { tokenizer, trainer } from './workers.ts';

export type Phase =
  | 'idle'
  | 'starting'
  | 'reading'
  | 'fetching'
  | 'loading'
  | 'tokenizing'
  | 'evaluating'
  | 'training'
  | 'paused'
  | 'answering'
  | 'packing'
  | 'exporting'
  | 'checking'
  | 'uploading';
/** The part of the page where work was asked for, and where its error is told. */
export type Area = 'drop' | 'device' | 'data' | 'model' | 'training' | 'runs' | 'ask' | 'download' | 'export';

/** What is going on, how far it is, and what went wrong. One work at a time. */
class Work {
  phase = $state<Phase>('idle');
  /** Of the phase: bytes, questions or steps; `total` is 0 until it is known. */
  done = $state(0);
  total = $state(0);
  /** When the phase began (ms since 1970). */
  since = $state(0);
  /** Asked for and not yet done. */
  ending = $state<'pause' | 'stop' | null>(null);
  errors = $state<Partial<Record<Area, Error>>>({});
  /** What went wrong without ending the work: a damaged checkpoint, a full disk, a lost GPU. */
  warnings = $state.raw<Error[]>([]);
  /** How work ends that goes on in a worker that not every visit starts. */
  readonly onStop = new Set<() => void>();
  /** What goes on beside the page, which stays free: answers while a question is typed. */
  private quiet = $state.raw<Promise<void> | null>(null);

  get busy(): boolean {
    return this.phase !== 'idle' && !this.quiet;
  }

  get isQuiet(): boolean {
    return this.quiet !== null;
  }

  /** A closed tab would throw the run back to its last checkpoint. */
  get isTraining(): boolean {
    return this.phase === 'training' || this.phase === 'paused';
  }

  /** The next phase of the work; throws `cancelled` where the one before did not hear a stop any more. */
  begin(phase: Phase): void {
    this.heedStop();
    this.phase = phase;
    this.done = this.total = 0;
    this.since = Date.now();
    this.ending = null;
  }

  /** Throws `cancelled` where a stop was asked for: a worker that was just done, or had not begun, cannot hear it. */
  heedStop(): void {
    if (this.ending === 'stop') throw new ManabiError('cancelled', '');
  }

  /** For a worker, which tells how far it is. */
  reporter() {
    return proxy((done: number, total: number) => {
      this.done = done;
      this.total = total;
    });
  }

  warn(found: Reply<never>): void {
    try {
      unwrap(found);
    } catch (error) {
      this.warnings = [...this.warnings, error as Error];
    }
  }

  /** Does `job`; its error goes to the area where it was asked for, and everything else stays as it was. */
  async told(area: Area, job: () => Promise<void>): Promise<void> {
    delete this.errors[area];
    try {
      await job();
    } catch (error) {
      this.errors[area] = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The same for one job at a time: the page is busy from here on, so that a double click does not ask twice. */
  async guarded(area: Area, job: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    const { quiet } = this;
    this.quiet = null;
    if (quiet) {
      this.stop();
      await quiet;
      this.ending = null;
    }
    this.begin('starting');
    await this.told(area, job);
    this.end();
  }

  /** The same for a job that any other ends. */
  async quietly(area: Area, job: () => Promise<void>): Promise<void> {
    if (this.busy || this.quiet) return;
    this.begin('starting');
    const quiet = this.told(area, job);
    this.quiet = quiet;
    await quiet;
    if (this.quiet !== quiet) return;
    this.quiet = null;
    this.end();
  }

  private end(): void {
    this.phase = 'idle';
    this.ending = null;
  }

  pause(): void {
    this.ending = 'pause';
    void trainer.pause();
  }

  resume(): void {
    this.ending = null;
    void trainer.resume();
  }

  /** Ends whatever is going on; where nothing is any more, there is nothing to end. */
  stop(): void {
    if (this.phase === 'idle') return;
    this.ending = 'stop';
    void tokenizer.cancel();
    void trainer.stop();
    for (const stop of this.onStop) stop();
  }
}

export const work = new Work();

/** Ended by the user, which is no error. */
export function isCancel(error: Error): boolean {
  return error instanceof ManabiError && (error.code === 'cancelled' || error.code === 'download-cancelled');
}
