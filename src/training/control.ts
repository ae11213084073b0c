/** How the one who started a run holds it, stops it and lets it go on. The loop looks between steps. */
export class TrainingControl {
  private waiting: { promise: Promise<void>; release: () => void } | null = null;
  private stopped = false;

  /** The run waits after the step it is in. */
  pause(): void {
    if (this.waiting || this.stopped) return;
    let release = () => {};
    const promise = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.waiting = { promise, release };
  }

  resume(): void {
    this.waiting?.release();
    this.waiting = null;
  }

  /** The run ends after the step it is in, with a checkpoint. */
  stop(): void {
    this.stopped = true;
    this.resume();
  }

  get paused(): boolean {
    return this.waiting !== null;
  }

  get stopRequested(): boolean {
    return this.stopped;
  }

  /** Resolves when the run may go on (at once when it is not paused). */
  async untilResumed(): Promise<void> {
    while (this.waiting) await this.waiting.promise;
  }
}
