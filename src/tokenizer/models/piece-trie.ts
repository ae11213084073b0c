/**
 * Strings by their code points, for prefix walks. Edges live in one open-addressing hash table (node, code) -> child
 * of typed arrays: a walk over all contexts of JSQuAD takes a tenth of what nested Maps take.
 */
export class PieceTrie {
  private parents: Int32Array;
  private labels: Int32Array;
  private children: Int32Array;
  private mask: number;
  private edges = 0;
  private values: number[] = [-1];
  /** Children of the root for the code points of the BMP: the first step of every walk. */
  private readonly first = new Int32Array(0x10000).fill(-1);

  constructor(expectedEdges = 1024) {
    let size = 1024;
    while (size < expectedEdges * 3) size *= 2;
    this.mask = size - 1;
    this.parents = new Int32Array(size).fill(-1);
    this.labels = new Int32Array(size);
    this.children = new Int32Array(size);
  }

  static readonly root = 0;

  /** A later value for the same string wins. */
  set(codes: ArrayLike<number>, value: number): void {
    let node = PieceTrie.root;
    for (let i = 0; i < codes.length; i++) {
      const child = this.next(node, codes[i]);
      node = child >= 0 ? child : this.addEdge(node, codes[i]);
    }
    this.values[node] = value;
  }

  /** The node after one more code point, or -1. */
  next(node: number, code: number): number {
    if (node === PieceTrie.root && code < 0x10000) return this.first[code];
    let slot = this.slotOf(node, code);
    while (this.parents[slot] >= 0) {
      if (this.parents[slot] === node && this.labels[slot] === code) return this.children[slot];
      slot = (slot + 1) & this.mask;
    }
    return -1;
  }

  /** What is stored at a node, or -1. */
  valueAt(node: number): number {
    return this.values[node];
  }

  /** What is stored for codes[from, to), or -1. */
  get(codes: ArrayLike<number>, from: number, to: number): number {
    let node = PieceTrie.root;
    for (let i = from; i < to && node >= 0; i++) node = this.next(node, codes[i]);
    return node < 0 ? -1 : this.values[node];
  }

  private slotOf(node: number, code: number): number {
    const hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(code, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.mask;
  }

  private addEdge(node: number, code: number): number {
    if (++this.edges * 2 > this.mask) this.grow();
    this.values.push(-1);
    const child = this.values.length - 1;
    if (node === PieceTrie.root && code < 0x10000) this.first[code] = child;
    else this.place(node, code, child);
    return child;
  }

  private place(node: number, code: number, child: number) {
    let slot = this.slotOf(node, code);
    while (this.parents[slot] >= 0) slot = (slot + 1) & this.mask;
    this.parents[slot] = node;
    this.labels[slot] = code;
    this.children[slot] = child;
  }

  private grow() {
    const { parents, labels, children } = this;
    const size = parents.length * 2;
    this.mask = size - 1;
    this.parents = new Int32Array(size).fill(-1);
    this.labels = new Int32Array(size);
    this.children = new Int32Array(size);
    for (let i = 0; i < parents.length; i++) {
      if (parents[i] >= 0) this.place(parents[i], labels[i], children[i]);
    }
  }
}
