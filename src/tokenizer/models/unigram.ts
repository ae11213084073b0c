import { ManabiError } from '../../errors/manabi-error.ts';
import { codePoints, type AlignedText } from '../aligned-text.ts';
import type { TextPiece } from '../pre-tokenizers/pre-tokenized.ts';
import type { TokenSink } from '../token-sink.ts';
import { writeUtf8 } from '../utf8.ts';
import type { Model } from './model.ts';
import { PieceTrie } from './piece-trie.ts';

export interface Piece {
  text: string;
  score: number;
}

// What an unknown character costs below the rarest piece (kUnkPenalty in SentencePiece and tokenizers).
const unknownPenalty = 10;

/** The `<0x00>` ... `<0xFF>` pieces, or null where one is missing (then an unknown character stays unknown). */
export function bytePieces(pieces: readonly Piece[]): Int32Array | null {
  const byText = new Map(pieces.map(({ text }, id) => [text, id]));
  const ids = Int32Array.from(
    { length: 256 },
    (_, byte) => byText.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`) ?? -1,
  );
  return ids.every((id) => id < 0) ? null : ids;
}

/**
 * The Unigram model: the segmentation with the highest sum of scores, by Viterbi over float64 sums as the Rust library
 * forms them (starts ascending, lengths ascending, a later path must be strictly better).
 */
export class Unigram implements Model {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly size: number;
  private readonly trie: PieceTrie;
  private readonly scores: Float64Array;
  private readonly unknownScore: number;
  private readonly bytes: Int32Array | null;
  private readonly utf8 = new Uint8Array(4);
  private work = new Int32Array(0); // the piece's code points, prefix first
  private best = new Float64Array(0);
  private from = new Int32Array(0);
  private ids = new Int32Array(0);
  private cuts = new Int32Array(0);

  constructor(
    pieces: readonly Piece[],
    /** -1 where the model has no unknown token. */
    private readonly unknownId: number,
    byteFallback: boolean,
    private readonly place: string,
  ) {
    if (!(unknownId >= -1 && unknownId < pieces.length)) {
      throw new ManabiError('tokenizer-shape', place, { key: 'unk_id', wanted: 'id' });
    }
    this.size = pieces.length;
    this.vocabulary = new Map(pieces.map(({ text }, id) => [text, id]));
    this.trie = new PieceTrie(pieces.length * 2);
    this.scores = Float64Array.from(pieces, ({ score }) => score);
    for (const [id, { text }] of pieces.entries()) {
      if (text !== '') this.trie.set(codePoints(text), id);
    }
    this.unknownScore = this.scores.reduce((a, b) => Math.min(a, b), Infinity) - unknownPenalty;
    this.bytes = byteFallback ? bytePieces(pieces) : null;
  }

  /** Appends the tokens of one piece of normalized text. */
  tokenize({ codes, starts, ends }: AlignedText, piece: TextPiece, sink: TokenSink): void {
    const shift = piece.prefix < 0 ? 0 : 1; // of the piece's characters in `work`
    const n = piece.to - piece.from + shift;
    if (this.best.length <= n) this.reserve(2 * n + 64);
    const { work, trie, cuts } = this;
    if (shift === 1) work[0] = piece.prefix;
    for (let i = piece.from; i < piece.to; i++) work[i - piece.from + shift] = codes[i];
    for (let i = this.segment(n); i > 0; i--) {
      const from = cuts[i];
      const to = cuts[i - 1];
      // A run of unknown characters was fused; the run itself may be a piece.
      const id = trie.get(work, from, to);
      const start = starts[piece.from + Math.max(0, from - shift)];
      const end = ends[piece.from + Math.max(0, to - 1 - shift)];
      if (id >= 0) sink.push(id, start, end);
      else if (!this.pushBytes(from, to, start, end, sink)) {
        sink.pushText(this.unknownId, start, end, work.subarray(from, to));
      }
    }
  }

  /** Cuts the first `n` characters of `work`: fills `cuts` from n down to 0 and returns the number of tokens. */
  private segment(n: number): number {
    const { work, trie, scores, best, from, ids, cuts, unknownId, unknownScore } = this;
    from.fill(-1, 0, n + 1);
    best[0] = 0;
    for (let start = 0; start < n; start++) {
      const here = best[start];
      let single = false;
      let node = PieceTrie.root;
      for (let end = start + 1; end <= n; end++) {
        node = trie.next(node, work[end - 1]);
        if (node < 0) break;
        const id = trie.valueAt(node);
        if (id < 0) continue;
        const score = scores[id] + here;
        if (from[end] < 0 || score > best[end]) {
          best[end] = score;
          from[end] = start;
          ids[end] = id;
        }
        if (end === start + 1) single = true;
      }
      if (single) continue;
      if (unknownId < 0) throw new ManabiError('tokenizer-unknown-token', this.place, { token: 'unk_id' });
      const score = unknownScore + here;
      if (from[start + 1] < 0 || score > best[start + 1]) {
        best[start + 1] = score;
        from[start + 1] = start;
        ids[start + 1] = unknownId;
      }
    }
    let count = 0;
    cuts[0] = n;
    for (let end = n; end > 0;) {
      const unknown = ids[end] === unknownId;
      end = from[end];
      if (unknown) while (end > 0 && ids[end] === unknownId) end = from[end];
      cuts[++count] = end;
    }
    return count;
  }

  private pushBytes(from: number, to: number, start: number, end: number, sink: TokenSink): boolean {
    if (!this.bytes) return false;
    const ids: number[] = [];
    for (let i = from; i < to; i++) {
      const length = writeUtf8(this.work[i], this.utf8, 0);
      for (let k = 0; k < length; k++) ids.push(this.bytes[this.utf8[k]]);
    }
    if (ids.includes(-1)) return false;
    for (const id of ids) sink.push(id, start, end);
    return true;
  }

  private reserve(size: number) {
    this.work = new Int32Array(size);
    this.best = new Float64Array(size);
    this.from = new Int32Array(size);
    this.ids = new Int32Array(size);
    this.cuts = new Int32Array(size);
  }
}
