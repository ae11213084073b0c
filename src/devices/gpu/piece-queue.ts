import type { Gpu } from './device.ts';
import { Pacing, type Work } from './pacing.ts';

/** Pieces that may wait at once: one that runs, and one so that the GPU need not wait for this thread. */
const WAITING = 2;

/** Firefox looks every 100 ms whether a GPU is done, and at every submit, also at one of nothing. */
const LOOK_MS = 5;

/** What was given in pieces since `reset`; the bench prints it. */
export interface PieceCounts {
  pieces: number;
  longestMs: number;
  /** Of pieces that could have been shorter: those of more than one dispatch. */
  longestCutMs: number;
}

/** The pieces of a GPU's work that have been submitted and are not done: at most two. */
export class PieceQueue {
  pacing = new Pacing();
  readonly counts: PieceCounts = { pieces: 0, longestMs: 0, longestCutMs: 0 };
  private readonly waiting: Promise<void>[] = [];
  /** When the last piece was done: the next one did not begin before. */
  private lastDone = 0;

  constructor(private readonly gpu: Gpu) {}

  /** Resolves when another piece may be submitted. */
  async room(): Promise<void> {
    while (this.waiting.length >= WAITING) await this.waiting[0];
  }

  submit(works: readonly Work[], commands: GPUCommandBuffer): void {
    const submitted = performance.now();
    this.gpu.submit(commands);
    const done = whenHeard(this.gpu.device, this.gpu.device.queue.onSubmittedWorkDone());
    const timed = Promise.race([done, this.gpu.lost]).then(
      () => {
        const now = performance.now();
        this.count(works, now - Math.max(submitted, this.lastDone));
        this.lastDone = now;
      },
      // The device is lost: what is asked of it next says so.
      () => {},
    );
    const finished = timed.then(() => void this.waiting.splice(this.waiting.indexOf(finished), 1));
    this.waiting.push(finished);
  }

  reset(): void {
    Object.assign(this.counts, { pieces: 0, longestMs: 0, longestCutMs: 0 });
  }

  private count(works: readonly Work[], ms: number): void {
    const { counts } = this;
    counts.pieces++;
    counts.longestMs = Math.max(counts.longestMs, ms);
    if (works.length > 1) counts.longestCutMs = Math.max(counts.longestCutMs, ms);
    if (works.length > 0) this.pacing.learn(works, ms);
  }
}

/** `answer`, which the GPU gives when it is done, without a wait for the browser's next look at it. */
export async function whenHeard<T>(device: GPUDevice, answer: Promise<T>): Promise<T> {
  const look = setInterval(() => device.queue.submit([]), LOOK_MS);
  try {
    return await answer;
  } finally {
    clearInterval(look);
  }
}
