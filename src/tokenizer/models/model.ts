import type { AlignedText } from '../aligned-text.ts';
import type { TextPiece } from '../pre-tokenizers/pre-tokenized.ts';
import type { TokenSink } from '../token-sink.ts';

/** What turns a piece of text into tokens. */
export interface Model {
  /** Token -> id. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The number of tokens, one that is listed twice counted twice: the id of the next added one. */
  readonly size: number;
  /**
   * Appends the tokens of one piece of normalized text.
   * @throws ManabiError tokenizer-unknown-token where the text needs an unknown token and the model has none
   */
  tokenize(text: AlignedText, piece: TextPiece, sink: TokenSink): void;
}

/** A piece as the string that a model looks up: its prepended character, then its text. */
export function wordOf(text: AlignedText, { from, to, prefix }: TextPiece): string {
  const word = text.substring(from, to);
  return prefix < 0 ? word : String.fromCodePoint(prefix) + word;
}

/**
 * Appends a token that holds characters [from, to) of a piece, counted with its prepended character, which has the span of the first.
 */
export function pushCharacters(
  { starts, ends }: AlignedText,
  piece: TextPiece,
  id: number,
  from: number,
  to: number,
  sink: TokenSink,
): void {
  const shift = piece.prefix < 0 ? 0 : 1;
  const first = piece.from + Math.max(0, from - shift);
  const last = piece.from + Math.max(0, to - 1 - shift);
  sink.push(id, starts[first], ends[last]);
}
