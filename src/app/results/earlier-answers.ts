import type { ShownEvaluation } from '../state/shown.svelte.ts';

/** The answers of the untrained model to the same questions, which others are compared with. */
export function earlierOf(
  of: ShownEvaluation,
  all: readonly ShownEvaluation[],
): ShownEvaluation['evaluation'] | null {
  if (of.kind === 'before' || of.kind === 'base') return null;
  const ids = ({ evaluation }: ShownEvaluation) => evaluation.rows.map(({ id }) => id).join('\n');
  const asked = ids(of);
  const untrained = all.filter(({ kind }) => kind === 'before' || kind === 'base');
  return untrained.find((other) => ids(other) === asked)?.evaluation ?? null;
}
