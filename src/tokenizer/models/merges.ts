/** The merges of a BPE model: pair of ids -> rank, in one open-addressing hash table of typed arrays. */
export class Merges {
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly ranks: Int32Array;
  private readonly mask: number;
  /** By rank: what the pair becomes. */
  readonly results: Int32Array;

  /** `merges[rank]` is [left, right, result]; of two for the same pair the later counts. */
  constructor(merges: readonly (readonly [left: number, right: number, result: number])[]) {
    let size = 16;
    while (size < merges.length * 3) size *= 2;
    this.mask = size - 1;
    this.left = new Int32Array(size).fill(-1);
    this.right = new Int32Array(size);
    this.ranks = new Int32Array(size);
    this.results = Int32Array.from(merges, ([, , result]) => result);
    for (const [rank, [left, right]] of merges.entries()) {
      const slot = this.slotOf(left, right);
      this.left[slot] = left;
      this.right[slot] = right;
      this.ranks[slot] = rank;
    }
  }

  /** The rank of a pair, or -1. */
  rankOf(left: number, right: number): number {
    const slot = this.slotOf(left, right);
    return this.left[slot] < 0 ? -1 : this.ranks[slot];
  }

  /** Where the pair is, or where it would be put. */
  private slotOf(left: number, right: number): number {
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & this.mask;
    while (this.left[slot] >= 0 && (this.left[slot] !== left || this.right[slot] !== right)) {
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }
}
