import { ManabiError } from '../../errors/manabi-error.ts';
import type { AlignedText } from '../aligned-text.ts';
import type { TextPiece } from '../pre-tokenizers/pre-tokenized.ts';
import type { TokenSink } from '../token-sink.ts';
import { pushCharacters, wordOf, type Model } from './model.ts';

/** The WordLevel model: a piece is a token, or unknown. */
export class WordLevel implements Model {
  constructor(
    readonly vocabulary: ReadonlyMap<string, number>,
    private readonly unknownToken: string,
    private readonly place: string,
  ) {}

  get size(): number {
    return this.vocabulary.size;
  }

  tokenize(text: AlignedText, piece: TextPiece, sink: TokenSink): void {
    const id = this.vocabulary.get(wordOf(text, piece)) ?? this.vocabulary.get(this.unknownToken);
    if (id === undefined) {
      throw new ManabiError('tokenizer-unknown-token', this.place, { token: this.unknownToken });
    }
    pushCharacters(text, piece, id, 0, piece.to - piece.from + (piece.prefix < 0 ? 0 : 1), sink);
  }
}
