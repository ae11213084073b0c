import type { EvaluationRow } from '../../answering/evaluation.ts';

export type SortColumn = 'question' | 'actual_answer' | 'pred_answer' | 'prob' | 'correct';

export interface TableView {
  show: 'all' | 'right' | 'wrong';
  /** Looked for in all texts of a row, whatever the case. */
  query: string;
  sort: { by: SortColumn; down: boolean } | null;
}

/** What a press on a column's heading asks for: sorted its usual way, the other way, and as the file has them again. */
export function nextSort(sort: TableView['sort'], by: SortColumn): TableView['sort'] {
  const first = by === 'prob';
  if (sort?.by !== by) return { by, down: first };
  return sort.down === first ? { by, down: !first } : null;
}

// One collator for all comparisons: localeCompare would make one each time.
const collator = new Intl.Collator('ja');

/** The rows of the table of answers as they are asked for. */
export function tableRows(rows: readonly EvaluationRow[], { show, query, sort }: TableView): EvaluationRow[] {
  const wanted = query.trim().toLowerCase();
  const has = ({ question, context, actual_answer, pred_answer }: EvaluationRow) =>
    [question, context, actual_answer, pred_answer].some((text) => text.toLowerCase().includes(wanted));
  const kept = rows.filter(
    (row) => (show === 'all' || row.correct === (show === 'right')) && (wanted === '' || has(row)),
  );
  if (!sort) return kept;
  const { by, down } = sort;
  const compare = (a: EvaluationRow, b: EvaluationRow) =>
    typeof a[by] === 'string' ? collator.compare(a[by], String(b[by])) : Number(a[by]) - Number(b[by]);
  return kept.sort(down ? (a, b) => compare(b, a) : compare);
}
