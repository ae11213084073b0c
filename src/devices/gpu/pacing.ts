// How much work one submit may hold. An operating system resets a GPU that does not answer for two seconds, and nothing is drawn meanwhile.

/** What a dispatch does: `amount` units of work (FLOPs, or bytes where none are counted) of a kernel. */
export interface Work {
  /** The same object for the same kernel: kernels differ in what they do per second, so each has its own rate. */
  kernel: object;
  amount: number;
}

/** Milliseconds of a piece as estimated: an estimate that is wrong by half still keeps a submit under 100 ms. */
const PIECE_MS = 50;

/**
 * How much of a piece that was faster than thought counts. So little keeps the estimate near the slowest of the last pieces: where every seventh took two
 * or three times as long as the others, 0.6 % were over 100 ms, and 2.6 % at a half.
 */
const FORGETTING = 0.1;

/** Shorter than a clock tells. */
const SHORTEST_MS = 0.01;

/** Cuts a list of dispatches into pieces by the time that their kernels have taken on this GPU. */
export class Pacing {
  private readonly msPerUnit = new Map<object, number>();

  constructor(private readonly pieceMs = PIECE_MS) {}

  /**
   * Where the piece that begins at `from` ends. What no time is known for goes alone, so the first step is one of small pieces;
   * so does a dispatch that is longer than a piece by itself.
   */
  endOfPiece(works: readonly Work[], from: number): number {
    let estimate = 0;
    for (let at = from; at < works.length; at++) {
      estimate += this.estimate(works[at]);
      if (estimate > this.pieceMs) return Math.max(at, from + 1);
    }
    return works.length;
  }

  /** A piece has taken so long. Slower than thought counts in full at once, faster only a little: the next piece must not be too long. */
  learn(works: readonly Work[], ms: number): void {
    const taken = Math.max(ms, SHORTEST_MS);
    const estimate = works.reduce((sum, work) => sum + this.estimate(work), 0);
    if (!Number.isFinite(estimate)) {
      // Unknown, therefore alone.
      const [{ kernel, amount }] = works;
      this.msPerUnit.set(kernel, taken / amount);
      return;
    }
    const ratio = taken / estimate;
    const factor = ratio > 1 ? ratio : ratio ** FORGETTING;
    for (const kernel of new Set(works.map((work) => work.kernel))) {
      this.msPerUnit.set(kernel, factor * (this.msPerUnit.get(kernel) ?? 0));
    }
  }

  private estimate({ kernel, amount }: Work): number {
    return amount * (this.msPerUnit.get(kernel) ?? Infinity);
  }
}
