import { pythonSplit, withoutArticles, withoutPunctuation } from './python-text.ts';

/** Exact match (0 or 1) and F1 (0..1), the best over the gold answers. */
export interface Score {
  em: number;
  f1: number;
}

export interface Scores {
  /** prediction == first gold answer, nothing normalised: the seed notebook's `correct`. */
  seed_correct: boolean;
  jglue: Score;
  squad_v1: Score;
  squad_v2: Score;
}

/** All scores of one prediction. `given` holds every gold answer, the first one first; without any, no answer is right. */
export function score(prediction: string, given: readonly string[]): Scores {
  const answers = given.length > 0 ? given : [''];
  return {
    seed_correct: prediction === answers[0],
    jglue: best(prediction, withoutEmpty(answers, normalizeJglue), jglueScore),
    squad_v1: best(prediction, answers, squadV1Score),
    squad_v2: best(prediction, withoutEmpty(answers, normalizeSquad), squadV2Score),
  };
}

/** yahoojapan/JGLUE, transformers-4.9.2_jglue-1.3.0.patch: characters, no normalisation but a final 。 */
function normalizeJglue(text: string): string {
  return pythonSplit(text.toLowerCase().replace(/。+$/, '')).join(' ');
}

/** SQuAD v1.1 and v2.0: lower case, no ASCII punctuation, no articles, white space collapsed. */
function normalizeSquad(text: string): string {
  return pythonSplit(withoutArticles(withoutPunctuation(text.toLowerCase()))).join(' ');
}

function jglueScore(prediction: string, gold: string): Score {
  const [p, g] = [normalizeJglue(prediction), normalizeJglue(gold)];
  return { em: Number(p === g), f1: f1WithEmpty([...p], [...g]) };
}

function squadV1Score(prediction: string, gold: string): Score {
  const [p, g] = [normalizeSquad(prediction), normalizeSquad(gold)];
  return { em: Number(p === g), f1: f1(pythonSplit(p), pythonSplit(g)) };
}

function squadV2Score(prediction: string, gold: string): Score {
  const [p, g] = [normalizeSquad(prediction), normalizeSquad(gold)];
  return { em: Number(p === g), f1: f1WithEmpty(pythonSplit(p), pythonSplit(g)) };
}

/** Where either side is empty F1 is 1 when both are, else 0. */
function f1WithEmpty(prediction: string[], gold: string[]): number {
  if (prediction.length === 0 || gold.length === 0) return Number(prediction.length === gold.length);
  return f1(prediction, gold);
}

function f1(prediction: string[], gold: string[]): number {
  const counts = new Map<string, number>();
  for (const token of gold) counts.set(token, (counts.get(token) ?? 0) + 1);
  let same = 0;
  for (const token of prediction) {
    const left = counts.get(token) ?? 0;
    if (left > 0) same++;
    counts.set(token, left - 1);
  }
  if (same === 0) return 0;
  const precision = same / prediction.length;
  const recall = same / gold.length;
  return (2 * precision * recall) / (precision + recall);
}

/** squad_metrics.py drops gold answers that normalise to nothing, and uses "" when none is left. */
function withoutEmpty(answers: readonly string[], normalize: (text: string) => string): readonly string[] {
  const kept = answers.filter((answer) => normalize(answer) !== '');
  return kept.length > 0 ? kept : [''];
}

function best(
  prediction: string,
  answers: readonly string[],
  scoreOne: (prediction: string, gold: string) => Score,
): Score {
  const scores = answers.map((gold) => scoreOne(prediction, gold));
  return { em: Math.max(...scores.map((s) => s.em)), f1: Math.max(...scores.map((s) => s.f1)) };
}
