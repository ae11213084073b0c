const DRAIN_EVERY_STEPS = 10;
const DRAIN_EVERY_SECONDS = 0.5;

/**
 * Decides when the loop reads metrics back, because that waits for the GPU: after the first step (to learn how long a step takes),
 * then about every half second, but at most every 10th step when steps are fast. Also the clock of the run, without its pauses.
 */
export class DrainRhythm {
  private startedAt = 0;
  private outside = 0;
  private stepsSinceDrain = 0;
  private steps = 0;

  constructor(private readonly now: () => number = () => performance.now() / 1000) {}

  start(): void {
    this.startedAt = this.now();
  }

  /** Seconds of training since the start. */
  get seconds(): number {
    return this.now() - this.startedAt - this.outside;
  }

  stepDone(): void {
    this.steps++;
    this.stepsSinceDrain++;
  }

  drained(): void {
    this.stepsSinceDrain = 0;
  }

  get isDue(): boolean {
    const perStep = this.seconds / Math.max(1, this.steps);
    const every = Math.min(DRAIN_EVERY_STEPS, Math.floor(DRAIN_EVERY_SECONDS / perStep));
    return this.steps === 1 || this.stepsSinceDrain >= Math.max(1, every);
  }

  /** Does what is not training (evaluating, saving, waiting) and keeps its time out of the clock. */
  async without(work: () => Promise<void>): Promise<void> {
    const from = this.now();
    await work();
    this.outside += this.now() - from;
  }
}
