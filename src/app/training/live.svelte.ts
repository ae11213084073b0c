import type { LogEntry } from '../../training/state.ts';
import type { Progress } from '../../training/train.ts';
import type { RunEvent } from '../../workers/protocol.ts';
import { work } from '../state/work.svelte.ts';

/** What a run tells while it trains, and the log of a run that is shown. */
class Live {
  log = $state.raw<LogEntry[]>([]);
  progress = $state.raw<Progress | null>(null);
  /** Of the evaluation rows while their loss is measured between two epochs. */
  evalLoss = $state.raw<{ done: number; total: number } | null>(null);
  /** A checkpoint is being written. */
  saving = $state(false);
  /** Memory in use. */
  bytes = $state(0);
  /** What a run has trained for before this visit, and its steps of now. */
  private secondsBefore = 0;
  private stepsSince: number | null = null;
  private secondsNow = 0;

  show(log: LogEntry[]): void {
    this.log = log;
    this.progress = this.evalLoss = null;
    this.saving = false;
  }

  /** Seconds of training steps, pauses left out. */
  get seconds(): number {
    const running = this.stepsSince === null ? 0 : (performance.now() - this.stepsSince) / 1000;
    return this.secondsBefore + this.secondsNow + running;
  }

  /** For a run that has trained for so long. */
  beginClock(secondsBefore: number): void {
    this.secondsBefore = secondsBefore;
    this.secondsNow = 0;
    this.stepsSince = null;
  }

  private runClock(runs: boolean): void {
    if (this.stepsSince !== null) this.secondsNow += (performance.now() - this.stepsSince) / 1000;
    this.stepsSince = runs ? performance.now() : null;
  }

  onEvent(event: RunEvent, bytes: number): void {
    this.bytes = bytes;
    this.evalLoss = event.type === 'evaluation-progress' ? event : null;
    this.saving = event.type === 'saving';
    if (event.type === 'start' || event.type === 'resumed') this.runClock(true);
    else if (event.type === 'paused' || event.type === 'end') this.runClock(false);
    if (event.type === 'start') {
      // What came after the checkpoint will come again.
      this.log = this.log.filter(({ step }) => step <= event.state.global_step);
    } else if (event.type === 'steps') {
      this.log = [...this.log, ...event.entries];
      this.progress = event.progress;
      work.done = event.progress.step;
      work.total = event.progress.totalSteps;
    } else if (event.type === 'evaluation') this.log = [...this.log, event.entry];
    else if (event.type === 'paused') {
      work.phase = 'paused';
      work.ending = null;
    } else if (event.type === 'resumed') work.phase = 'training';
  }
}

export const live = new Live();
