/** How the one who started a run holds it, stops it and lets it go on. The loop looks between steps, a processor within them too. */
export class TrainingControl {
  private waiting: { promise: Promise<void>; release: () => void } | null = null;
  private readonly stopping = new AbortController();

  /** The run waits after the step it is in. */
  pause(): void {
    if (this.waiting || this.stopRequested) return;
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

  /** The run ends with a checkpoint: of the step it is in, or of the step before where the engine can abandon a step. */
  stop(): void {
    this.stopping.abort();
    this.resume();
  }

  get paused(): boolean {
    return this.waiting !== null;
  }

  get stopRequested(): boolean {
    return this.stopSignal.aborted;
  }

  get stopSignal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Resolves when the run may go on (at once when it is not paused). */
  async untilResumed(): Promise<void> {
    while (this.waiting) await this.waiting.promise;
  }
}
