import type { EncodedWindow } from '../tokenizer/tokenizer.ts';
import { codePointSlice } from '../squad/code-points.ts';

export interface FoundAnswer {
  score: number;
  /** Code points in the context. */
  start: number;
  end: number;
  answer: string;
}

export interface DecodeOptions {
  top_k: number;
  handle_impossible_answer: boolean;
  /** Tokens. */
  max_answer_len: number;
  clsTokenId: number;
}

export interface WindowLogits {
  window: EncodedWindow;
  /** [N] each, without padding. */
  startLogits: Float32Array;
  endLogits: Float32Array;
}

/**
 * Logits of all windows of one question -> its answers, best first, as transformers 4.57's question-answering
 * pipeline decodes them with align_to_words=False (QuestionAnsweringPipeline.postprocess, decode_spans).
 */
export function decodeAnswers(
  context: string,
  windows: WindowLogits[],
  options: DecodeOptions,
): FoundAnswer[] {
  const found: FoundAnswer[] = [];
  let nullScore = 1e6;
  for (const { window, startLogits, endLogits } of windows) {
    const allowed = Array.from(
      window.sequenceIds,
      (s, i) => s === 1 || window.inputIds[i] === options.clsTokenId,
    );
    const start = maskedSoftmax(startLogits, allowed);
    const end = maskedSoftmax(endLogits, allowed);
    nullScore = Math.min(nullScore, Math.fround(start[0] * end[0]));
    start[0] = 0;
    end[0] = 0;
    for (const span of bestSpans(start, end, options)) {
      if (!allowed[span.s] || !allowed[span.e]) continue;
      const [from, to] = [window.starts[span.s], window.ends[span.e]];
      const answer = codePointSlice(context, from, to);
      const twin = found.find((other) => other.answer.toLowerCase() === answer.toLowerCase());
      // An answer found again adds its score and keeps the first one's place (so a score can exceed 1).
      if (twin) twin.score += span.score;
      else found.push({ score: span.score, start: from, end: to, answer });
    }
  }
  if (options.handle_impossible_answer) found.push({ score: nullScore, start: 0, end: 0, answer: '' });
  return found.sort((a, b) => b.score - a.score).slice(0, options.top_k);
}

/** Softmax in float32 over the window, the logits of tokens that may not be part of an answer set to -10000. */
function maskedSoftmax(logits: Float32Array, allowed: boolean[]): Float32Array {
  const masked = logits.map((value, i) => (allowed[i] ? value : -10000));
  const max = masked.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = masked.map((value) => Math.exp(value - max));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((value) => value / sum);
}

interface Span {
  s: number;
  e: number;
  score: number;
}

/**
 * The top_k spans s <= e < s + max_answer_len by start[s] * end[e], equal scores in the order of the flattened [N, N] matrix.
 * Where every score is 0, argmax gives the matrix's first entry. Where top_k > 1 asks for more spans than have a score, which
 * zeros numpy's argpartition adds is unspecified; nearly all of them are no spans of the context, so none is added here.
 */
function bestSpans(start: Float32Array, end: Float32Array, options: DecodeOptions): Span[] {
  const n = start.length;
  let kept: Span[] = [];
  for (let s = 0; s < n; s++) {
    if (start[s] === 0) continue;
    for (let e = s; e < Math.min(n, s + options.max_answer_len); e++) {
      const score = Math.fround(start[s] * end[e]);
      if (score > 0 && (kept.length < options.top_k || score > kept[kept.length - 1].score)) {
        const at = kept.findIndex((span) => span.score < score);
        kept.splice(at < 0 ? kept.length : at, 0, { s, e, score });
        kept = kept.slice(0, options.top_k);
      }
    }
  }
  if (kept.length === 0 && options.top_k === 1) return [{ s: 0, e: 0, score: 0 }];
  return kept;
}
