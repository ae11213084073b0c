import { ManabiError } from '../../errors/manabi-error.ts';
import { codePoints, type AlignedText } from '../aligned-text.ts';
import type { TextPiece } from '../pre-tokenizers/pre-tokenized.ts';
import type { TokenSink } from '../token-sink.ts';
import { pushCharacters, type Model } from './model.ts';
import { PieceTrie } from './piece-trie.ts';

export interface WordPieceOptions {
  unknownToken: string;
  /** Before every token but a word's first, like ##. */
  continuingPrefix: string;
  maxCharactersPerWord: number;
}

/** The WordPiece model: from the left the longest token each time; a word that cannot be cut so is unknown as a whole. */
export class WordPiece implements Model {
  private readonly trie: PieceTrie;
  /** Where in the trie the tokens begin that continue a word, or -1. */
  private readonly continuing: number;
  private readonly cuts: number[] = [];

  constructor(
    readonly vocabulary: ReadonlyMap<string, number>,
    private readonly options: WordPieceOptions,
    private readonly place: string,
  ) {
    this.trie = new PieceTrie(vocabulary.size * 2);
    for (const [token, id] of vocabulary) if (token !== '') this.trie.set(codePoints(token), id);
    this.continuing = codePoints(options.continuingPrefix).reduce(
      (node, code) => (node < 0 ? node : this.trie.next(node, code)),
      PieceTrie.root,
    );
  }

  get size(): number {
    return this.vocabulary.size;
  }

  tokenize(text: AlignedText, piece: TextPiece, sink: TokenSink): void {
    const { from, to, prefix } = piece;
    const shift = prefix < 0 ? 0 : 1;
    const n = to - from + shift;
    const { trie, cuts } = this;
    let count = 0;
    let at = n > this.options.maxCharactersPerWord ? n + 1 : 0;
    while (at < n) {
      let end = -1;
      let id = -1;
      let node = at === 0 ? PieceTrie.root : this.continuing;
      for (let i = at; i < n && node >= 0; i++) {
        node = trie.next(node, i < shift ? prefix : text.codes[from + i - shift]);
        if (node >= 0 && trie.valueAt(node) >= 0) {
          id = trie.valueAt(node);
          end = i + 1;
        }
      }
      if (end < 0) break;
      cuts[count++] = id;
      cuts[count++] = at;
      at = end;
    }
    if (at !== n) {
      pushCharacters(text, piece, this.unknownId(), 0, n, sink);
      return;
    }
    for (let i = 0; i < count; i += 2) {
      pushCharacters(text, piece, cuts[i], cuts[i + 1], i + 3 < count ? cuts[i + 3] : n, sink);
    }
  }

  private unknownId(): number {
    const { unknownToken } = this.options;
    const id = this.vocabulary.get(unknownToken);
    if (id === undefined)
      throw new ManabiError('tokenizer-unknown-token', this.place, { token: unknownToken });
    return id;
  }
}
