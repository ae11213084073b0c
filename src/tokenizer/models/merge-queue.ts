// Rank and position in one number, exact in a double: ranks below 2^22, positions below 2^31.
const positions = 2 ** 31;

/** Merges waiting to be done, as a binary heap: the lowest rank first, of those the leftmost. */
export class MergeQueue {
  private readonly heap: number[] = [];

  push(rank: number, position: number): void {
    const { heap } = this;
    const key = rank * positions + position;
    let at = heap.length;
    heap.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent] <= key) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = key;
  }

  /** Takes the first one out; null where there is none. */
  pop(): { rank: number; position: number } | null {
    const { heap } = this;
    if (heap.length === 0) return null;
    const first = heap[0];
    const key = heap.pop() as number;
    if (heap.length > 0) this.sink(key);
    const rank = Math.floor(first / positions);
    return { rank, position: first - rank * positions };
  }

  /** Puts a key in the place of the first one, and then where it belongs. */
  private sink(key: number): void {
    const { heap } = this;
    const n = heap.length;
    let at = 0;
    for (let child = 1; child < n; child = 2 * at + 1) {
      if (child + 1 < n && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= key) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = key;
  }
}
