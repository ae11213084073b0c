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

  /** The run gives up the step it is in, or ends after it where it has changed the weights already, with a checkpoint. */
  stop(): void {
    this.stopping.abort();
    this.resume();
  }

  get paused(): boolean {
    return this.waiting !== null;
  }

  get stopRequested(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Aborted by `stop`. */
  get stopSignal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Resolves when the run may go on (at once when it is not paused). */
  async untilResumed(): Promise<void> {
    while (this.waiting) await this.waiting.promise;
  }
}
