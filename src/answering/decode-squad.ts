import { contextTokens } from '../features/features.ts';
import { codePointSlice } from '../squad/code-points.ts';
import type { WindowLogits } from './decode.ts';

/** run_qa.py's arguments of these names, with its defaults of those that are no setting here. */
export interface SquadDecodeOptions {
  null_score_diff_threshold: number;
}
const N_BEST_SIZE = 20;
const MAX_ANSWER_LENGTH = 30;

export interface SquadPrediction {
  /** Empty: no answer. */
  text: string;
  /** Code points in the context. */
  start: number;
  /** Logits of no answer less those of the best answer: above the threshold none is given. */
  noAnswerScore: number;
}

interface Candidate {
  start: number;
  end: number;
  startLogit: number;
  endLogit: number;
  /** Their sum. */
  score: number;
}

/**
 * Logits of all windows of one question -> its answer or none, as postprocess_qa_predictions of run_qa.py (transformers 4.57) finds it with
 * version_2_with_negative. Logits are added in float32, as numpy adds them. Where no span with a text is among the best, run_qa.py fails;
 * here no answer is given.
 */
export function decodeSquadAnswer(
  context: string,
  windows: readonly WindowLogits[],
  { null_score_diff_threshold }: SquadDecodeOptions,
): SquadPrediction {
  const candidates: Candidate[] = [];
  let none: Candidate | null = null;
  for (const logits of windows) {
    const atCls = candidate(logits, 0, 0, { start: 0, end: 0 });
    if (none === null || none.score > atCls.score) none = atCls;
    candidates.push(...spansOf(logits));
  }
  if (none === null) return { text: '', start: 0, noAnswerScore: 0 };
  const best = [...candidates, none].toSorted((a, b) => b.score - a.score).slice(0, N_BEST_SIZE);
  for (const { start, end, startLogit, endLogit } of best) {
    const text = codePointSlice(context, start, end);
    if (text === '') continue;
    const noAnswerScore = Math.fround(Math.fround(none.score - startLogit) - endLogit);
    return noAnswerScore > null_score_diff_threshold
      ? { text: '', start: 0, noAnswerScore }
      : { text, start, noAnswerScore };
  }
  return { text: '', start: 0, noAnswerScore: none.score };
}

function candidate(
  { startLogits, endLogits }: WindowLogits,
  s: number,
  e: number,
  span: { start: number; end: number },
): Candidate {
  const [startLogit, endLogit] = [startLogits[s], endLogits[e]];
  return { ...span, startLogit, endLogit, score: Math.fround(startLogit + endLogit) };
}

/** The spans of context tokens among the best starts and ends. */
function spansOf(logits: WindowLogits): Candidate[] {
  const { window, startLogits, endLogits } = logits;
  const { first, last } = contextTokens(window);
  const isContext = (at: number) => first >= 0 && at >= first && at <= last;
  const spans: Candidate[] = [];
  for (const s of bestIndices(startLogits)) {
    for (const e of bestIndices(endLogits)) {
      if (!isContext(s) || !isContext(e) || e < s || e - s + 1 > MAX_ANSWER_LENGTH) continue;
      spans.push(candidate(logits, s, e, { start: window.starts[s], end: window.ends[e] }));
    }
  }
  return spans;
}

/** np.argsort(logits)[-1 : -n_best_size - 1 : -1]: of equal logits the last comes first. */
function bestIndices(logits: Float32Array): number[] {
  return Array.from(logits.keys())
    .sort((a, b) => logits[b] - logits[a] || b - a)
    .slice(0, N_BEST_SIZE);
}
