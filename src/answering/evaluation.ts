import type { Engine } from '../model/engine.ts';
import { codePointLength } from '../squad/code-points.ts';
import type { SquadExample } from '../squad/example.ts';
import { score, type Score, type Scores } from '../squad/metrics.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { answerQuestions, type AnsweringControl, type PipelineOptions } from './answer.ts';

/** How a wrong answer is wrong; `correct` is the notebook's exact equality. */
export type Outcome = 'correct' | 'too-long' | 'too-short' | 'overlap' | 'elsewhere';

/** One row of the reference recipe's table, and what stands beside it. */
export interface EvaluationRow {
  id: string;
  question: string;
  context: string;
  actual_answer: string;
  pred_answer: string;
  prob: number;
  correct: boolean;
  /** Code points in the context: gold (first answer) and predicted span. */
  actualStart: number;
  predStart: number;
  outcome: Outcome;
  scores: Scores;
}

export interface Evaluation {
  rows: EvaluationRow[];
  /** All of them means over the rows, 0..1. */
  accuracy: number;
  jglue: Score;
  squad_v1: Score;
  squad_v2: Score;
}

/**
 * Answers every question with the pipeline's defaults and scores them: the reference recipe's table and Accuracy.
 * Throws what answerQuestions throws.
 */
export async function evaluateExamples(
  engine: Pick<Engine, 'forward'>,
  tokenizer: Tokenizer,
  examples: readonly SquadExample[],
  options: PipelineOptions = {},
  control: AnsweringControl = {},
): Promise<Evaluation> {
  const answers = await answerQuestions(engine, tokenizer, examples, { ...options, top_k: 1 }, control);
  const rows = examples.map((example, i): EvaluationRow => {
    const found = answers[i][0] ?? { answer: '', score: 0, start: 0, end: 0 };
    const gold = example.answers[0];
    const spans = {
      actual_answer: gold.text,
      pred_answer: found.answer,
      actualStart: gold.answer_start,
      predStart: found.start,
    };
    return {
      id: example.id,
      question: example.question,
      context: example.context,
      ...spans,
      prob: found.score,
      correct: found.answer === gold.text,
      outcome: outcomeOf(spans),
      scores: score(
        found.answer,
        example.answers.map((answer) => answer.text),
      ),
    };
  });
  return { rows, ...means(rows) };
}

function means(rows: EvaluationRow[]): Omit<Evaluation, 'rows'> {
  const mean = (value: (row: EvaluationRow) => number) =>
    rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
  const both = (metric: 'jglue' | 'squad_v1' | 'squad_v2'): Score => ({
    em: mean((row) => row.scores[metric].em),
    f1: mean((row) => row.scores[metric].f1),
  });
  return {
    accuracy: mean((row) => Number(row.correct)),
    jglue: both('jglue'),
    squad_v1: both('squad_v1'),
    squad_v2: both('squad_v2'),
  };
}

/** By the places of both in the context: that they share a character says nothing. */
export function outcomeOf(
  row: Pick<EvaluationRow, 'actual_answer' | 'actualStart' | 'pred_answer' | 'predStart'>,
): Outcome {
  const { actual_answer, actualStart, pred_answer, predStart } = row;
  if (pred_answer === actual_answer) return 'correct';
  const actualEnd = actualStart + codePointLength(actual_answer);
  const predEnd = predStart + codePointLength(pred_answer);
  if (predEnd <= actualStart || actualEnd <= predStart) return 'elsewhere';
  if (predStart <= actualStart && actualEnd <= predEnd) return 'too-long';
  if (actualStart <= predStart && predEnd <= actualEnd) return 'too-short';
  return 'overlap';
}
