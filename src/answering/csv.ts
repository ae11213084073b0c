import type { EvaluationRow } from './evaluation.ts';

const columns = ['question', 'context', 'actual_answer', 'pred_answer', 'prob', 'correct'] as const;

/**
 * predictions.csv (RFC 4180, UTF-8 with BOM so that spreadsheets read Japanese): the reference recipe's table. A text that a spreadsheet
 * would run as a formula, beginning with = + - @, a tab or a line break, has an apostrophe before it, which makes it a text.
 */
export function predictionsCsv(rows: readonly EvaluationRow[]): string {
  const cell = (value: string | number | boolean) => {
    const text = typeof value === 'string' && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => [row.id, ...columns.map((column) => row[column])].map(cell).join(','));
  return `\uFEFF${['id', ...columns].join(',')}\r\n${lines.map((line) => `${line}\r\n`).join('')}`;
}
