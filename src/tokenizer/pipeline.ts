import { AddedTokenMatcher, type AddedToken } from './added-tokens.ts';
import { AlignedText } from './aligned-text.ts';
import type { Normalizer } from './normalizers.ts';
import type { PreTokenizer } from './pre-tokenizers.ts';
import { TokenSink } from './token-sink.ts';
import type { TokenSequence } from './tokenizer.ts';
import type { Unigram } from './unigram.ts';

export interface PipelineParts {
  addedTokens: readonly AddedToken[];
  normalizer: Normalizer;
  preTokenizer: PreTokenizer;
  model: Unigram;
}

/**
 * The fast tokenizer: raw text is cut at added tokens, the rest normalized and cut at normalized added tokens, the
 * rest of that pre-tokenized and segmented. Every step keeps the spans in the raw text.
 */
export function pipelineEncoder({ addedTokens, normalizer, preTokenizer, model }: PipelineParts) {
  const raw = new AddedTokenMatcher(addedTokens.filter((token) => !token.normalized));
  const normalized = new AddedTokenMatcher(
    addedTokens.filter((token) => token.normalized),
    ({ content }) => normalizer(AlignedText.of(content)).codes,
  );
  return (text: string): TokenSequence => {
    const sink = new TokenSink();
    const take = (id: number, part: AlignedText) => sink.push(id, part.starts[0], part.ends[part.length - 1]);
    for (const outer of raw.split(AlignedText.of(text))) {
      if (outer.id >= 0) {
        take(outer.id, outer.text);
        continue;
      }
      for (const inner of normalized.split(normalizer(outer.text))) {
        if (inner.id >= 0) {
          take(inner.id, inner.text);
          continue;
        }
        const whole = { from: 0, to: inner.text.length, prefix: -1 };
        const { text: cut, pieces } = preTokenizer({ text: inner.text, pieces: [whole] });
        for (const piece of pieces) model.tokenize(cut, piece, sink);
      }
    }
    return sink.take();
  };
}
