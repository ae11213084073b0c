/** Every buffer begins at a multiple of this: the alignment that slices are promised on a GPU. */
export const ALIGNMENT = 256;

interface Block {
  at: number;
  size: number;
}

/** First fit over one growing range of addresses; neighbours that are free become one. */
export class Allocator {
  /** In the order of their addresses. */
  private free: Block[] = [];

  /** `end`: the first address beyond the memory there is. */
  constructor(
    start: number,
    private end: number,
    /** Makes the memory at least so long and gives its length; less where it cannot. */
    private readonly grow: (end: number) => number,
  ) {
    if (end > start) this.free.push({ at: start, size: end - start });
  }

  /** The address of `size` bytes (a multiple of ALIGNMENT), or null where the memory cannot grow any more. */
  allocate(size: number): number | null {
    let index = this.free.findIndex((block) => block.size >= size);
    if (index < 0) {
      const last = this.free.at(-1);
      const have = last && last.at + last.size === this.end ? last.size : 0;
      const end = this.grow(this.end + size - have);
      if (end < this.end + size - have) return null;
      this.release(this.end, end - this.end);
      this.end = end;
      index = this.free.length - 1;
    }
    const block = this.free[index];
    const { at } = block;
    if (block.size === size) this.free.splice(index, 1);
    else this.free[index] = { at: at + size, size: block.size - size };
    return at;
  }

  release(at: number, size: number): void {
    let index = this.free.findIndex((block) => block.at > at);
    if (index < 0) index = this.free.length;
    const merged = { at, size };
    const next = this.free[index];
    const before = this.free[index - 1];
    let removed = 0;
    if (next && at + size === next.at) {
      merged.size += next.size;
      removed = 1;
    }
    if (before && before.at + before.size === at) {
      merged.at = before.at;
      merged.size += before.size;
      index--;
      removed++;
    }
    this.free.splice(index, removed, merged);
  }
}
