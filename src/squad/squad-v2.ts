import { score, type Score } from './metrics.ts';

/** One question as squad_metrics.py scores it. */
export interface ScoredQuestion {
  /** Texts of the gold answers; none where the context does not answer the question. */
  answers: readonly string[];
  prediction: string;
  /** How much better no answer scores than the best one (`scores_diff` of run_qa.py). */
  noAnswerScore: number;
}

/** Names and values (percent) of squad_metrics.py: the parts over questions with and without an answer only where there are such. */
export interface SquadV2Scores {
  exact: number;
  f1: number;
  total: number;
  HasAns_exact?: number;
  HasAns_f1?: number;
  HasAns_total?: number;
  NoAns_exact?: number;
  NoAns_f1?: number;
  NoAns_total?: number;
  /** The best that a threshold on noAnswerScore would reach, and that threshold. */
  best_exact: number;
  best_exact_thresh: number;
  best_f1: number;
  best_f1_thresh: number;
}

/**
 * squad_evaluate of transformers 4.57 (data/metrics/squad_metrics.py) over predictions that already give no answer where that scores better, as
 * run_qa.py has it: its own threshold of 1 on probabilities does not come into play. The best thresholds are sought over noAnswerScore.
 */
export function scoreSquadV2(questions: readonly ScoredQuestion[]): SquadV2Scores {
  const scored = questions.map((question) => ({
    ...question,
    hasAnswer: question.answers.length > 0,
    scores: score(question.prediction, question.answers).squad_v2,
  }));
  const part = (rows: typeof scored) => ({
    exact: (100 * sumOf(rows, 'em')) / rows.length,
    f1: (100 * sumOf(rows, 'f1')) / rows.length,
    total: rows.length,
  });
  const answered = scored.filter(({ hasAnswer }) => hasAnswer);
  const unanswered = scored.filter(({ hasAnswer }) => !hasAnswer);
  const exact = bestThreshold(scored, 'em');
  const f1 = bestThreshold(scored, 'f1');
  return {
    ...part(scored),
    ...(answered.length > 0 ? prefixed('HasAns', part(answered)) : {}),
    ...(unanswered.length > 0 ? prefixed('NoAns', part(unanswered)) : {}),
    best_exact: exact.best,
    best_exact_thresh: exact.threshold,
    best_f1: f1.best,
    best_f1_thresh: f1.threshold,
  };
}

type ScoredRow = ScoredQuestion & { hasAnswer: boolean; scores: Score };

function sumOf(rows: readonly ScoredRow[], metric: keyof Score): number {
  return rows.reduce((sum, { scores }) => sum + scores[metric], 0);
}

/**
 * find_best_thresh: from no answer at all towards an answer to every question, in the order of their noAnswerScore, the point where the sum of
 * scores is highest.
 */
function bestThreshold(rows: readonly ScoredRow[], metric: keyof Score): { best: number; threshold: number } {
  let current = rows.filter(({ hasAnswer }) => !hasAnswer).length;
  let best = current;
  let threshold = 0;
  for (const { hasAnswer, scores, prediction, noAnswerScore } of rows.toSorted(
    (a, b) => a.noAnswerScore - b.noAnswerScore,
  )) {
    if (hasAnswer) current += scores[metric];
    else if (prediction !== '') current -= 1;
    if (current > best) {
      best = current;
      threshold = noAnswerScore;
    }
  }
  return { best: (100 * best) / rows.length, threshold };
}

function prefixed<Prefix extends 'HasAns' | 'NoAns'>(
  prefix: Prefix,
  { exact, f1, total }: { exact: number; f1: number; total: number },
) {
  return { [`${prefix}_exact`]: exact, [`${prefix}_f1`]: f1, [`${prefix}_total`]: total } as Record<
    `${Prefix}_exact` | `${Prefix}_f1` | `${Prefix}_total`,
    number
  >;
}
