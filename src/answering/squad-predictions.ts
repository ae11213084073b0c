import type { EvaluationRow } from './evaluation.ts';

/** predictions.json as SQuAD's official evaluation script reads it: question id -> answer. */
export function predictionsJson(rows: readonly Pick<EvaluationRow, 'id' | 'pred_answer'>[]): string {
  const answers = Object.fromEntries(rows.map(({ id, pred_answer }) => [id, pred_answer]));
  return `${JSON.stringify(answers, null, 2)}\n`;
}
