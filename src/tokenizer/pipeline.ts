import { AddedTokenMatcher } from './added-tokens.ts';
import type { AddedVocabulary } from './added-vocabulary.ts';
import { AlignedText, codePoints } from './aligned-text.ts';
import type { Model } from './models/model.ts';
import type { Normalizer } from './normalizers/read.ts';
import type { PreTokenizer } from './pre-tokenizers/pre-tokenized.ts';
import { TokenSink } from './token-sink.ts';
import type { TokenSequence } from './tokenizer.ts';

export interface PipelineParts {
  addedTokens: AddedVocabulary;
  splitSpecialTokens: boolean;
  normalizer: Normalizer;
  /** What the added tokens were normalized with when they were read, where that differs. */
  tokenNormalizer?: Normalizer;
  preTokenizer: PreTokenizer;
  model: Model;
}

/**
 * The fast tokenizer: raw text is cut at added tokens, the rest normalized and cut at normalized added tokens, the
 * rest of that pre-tokenized and segmented. Every step keeps the spans in the raw text.
 */
export function pipelineEncoder(parts: PipelineParts): (text: string) => TokenSequence {
  const { addedTokens, splitSpecialTokens, normalizer, preTokenizer, model } = parts;
  const tokenNormalizer = parts.tokenNormalizer ?? normalizer;
  const raw = new AddedTokenMatcher(addedTokens.patterns(false), splitSpecialTokens, codePoints);
  const normalized = new AddedTokenMatcher(
    addedTokens.patterns(true),
    splitSpecialTokens,
    (content) => tokenNormalizer(AlignedText.of(content)).codes,
  );
  const sink = new TokenSink();
  const take = (id: number, { codes, starts, ends }: AlignedText) =>
    sink.pushText(id, starts[0], ends[codes.length - 1], codes);
  return (text: string): TokenSequence => {
    const whole = AlignedText.of(text);
    sink.begin(whole.codes);
    for (const outer of raw.split(whole)) {
      if (outer.id >= 0) {
        take(outer.id, outer.text);
        continue;
      }
      for (const inner of normalized.split(normalizer(outer.text))) {
        if (inner.id >= 0) {
          take(inner.id, inner.text);
          continue;
        }
        const piece = { from: 0, to: inner.text.length, prefix: -1 };
        const { text: cut, pieces } = preTokenizer({ text: inner.text, pieces: [piece] });
        for (const part of pieces) model.tokenize(cut, part, sink);
      }
    }
    return sink.take();
  };
}
