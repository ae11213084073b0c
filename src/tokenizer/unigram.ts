/** A piece of a text: its id and the code points [from, to) it covers. */
export interface Piece {
  id: number;
  from: number;
  to: number;
}

interface Node {
  next: Map<string, Node>;
  id: number;
}

/**
 * The Unigram model (Kudo 2018): the segmentation of highest total score, by Viterbi in float64 with the tie rules of
 * tokenizers' Unigram (strict >, starts and lengths ascending). Runs of unknown characters are fused to one token.
 */
export class Unigram {
  private readonly root: Node = { next: new Map(), id: -1 };
  private readonly ids = new Map<string, number>();
  private readonly unknownScore: number;

  constructor(
    readonly vocab: readonly (readonly [string, number])[],
    readonly unkId: number,
    private readonly byteFallback: boolean,
  ) {
    let lowest = Infinity;
    for (const [id, [piece, score]] of vocab.entries()) {
      lowest = Math.min(lowest, score);
      this.ids.set(piece, id);
      let node = this.root;
      for (const char of piece) {
        let next = node.next.get(char);
        if (!next) node.next.set(char, (next = { next: new Map(), id: -1 }));
        node = next;
      }
      if (piece !== '') node.id = id;
    }
    this.unknownScore = lowest - 10;
  }

  idOf(piece: string): number | undefined {
    return this.ids.get(piece);
  }

  /** Segments the code points; byte fallback gives several pieces with the span of their character. */
  segment(chars: readonly string[]): Piece[] {
    const length = chars.length;
    const best = new Float64Array(length + 1).fill(-Infinity);
    const from = new Int32Array(length + 1);
    const ids = new Int32Array(length + 1);
    best[0] = 0;
    for (let start = 0; start < length; start++) {
      let node: Node | undefined = this.root;
      let single = false;
      for (let end = start; end < length; end++) {
        node = node.next.get(chars[end]);
        if (!node) break;
        if (node.id < 0) continue;
        const score = this.vocab[node.id][1] + best[start];
        if (score > best[end + 1]) this.keep(best, from, ids, start, end + 1, node.id, score);
        if (end === start) single = true;
      }
      if (!single) {
        const score = this.unknownScore + best[start];
        if (score > best[start + 1]) this.keep(best, from, ids, start, start + 1, this.unkId, score);
      }
    }
    const pieces: Piece[] = [];
    for (let end = length; end > 0; end = from[end]) pieces.push({ id: ids[end], from: from[end], to: end });
    return this.resolveUnknowns(pieces.reverse(), chars);
  }

  private keep(
    best: Float64Array,
    from: Int32Array,
    ids: Int32Array,
    start: number,
    end: number,
    id: number,
    score: number,
  ) {
    best[end] = score;
    from[end] = start;
    ids[end] = id;
  }

  private resolveUnknowns(pieces: Piece[], chars: readonly string[]): Piece[] {
    const out: Piece[] = [];
    for (let i = 0; i < pieces.length; i++) {
      if (pieces[i].id !== this.unkId) {
        out.push(pieces[i]);
        continue;
      }
      const first = pieces[i].from;
      while (i + 1 < pieces.length && pieces[i + 1].id === this.unkId) i++;
      const to = pieces[i].to;
      const text = chars.slice(first, to).join('');
      const bytes = this.byteFallback ? this.bytePieces(chars, first, to) : null;
      if (bytes) out.push(...bytes);
      else out.push({ id: this.ids.get(text) ?? this.unkId, from: first, to });
    }
    return out;
  }

  private bytePieces(chars: readonly string[], from: number, to: number): Piece[] | null {
    const out: Piece[] = [];
    for (let at = from; at < to; at++) {
      for (const byte of new TextEncoder().encode(chars[at])) {
        const id = this.ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
        if (id === undefined) return null;
        out.push({ id, from: at, to: at + 1 });
      }
    }
    return out;
  }
}
