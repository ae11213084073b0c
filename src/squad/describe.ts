import { sha256Of } from '../hash/sha256.ts';
import type { ExclusionReason, SquadData, SquadExample } from './example.ts';

export interface SquadSummary {
  questions: number;
  contexts: number;
  excluded: Partial<Record<ExclusionReason, number>>;
}

/** Counts for the data card: usable questions, different contexts, rows left out by reason. */
export function describeSquad(data: SquadData): SquadSummary {
  const excluded: SquadSummary['excluded'] = {};
  for (const { reason } of data.excluded) excluded[reason] = (excluded[reason] ?? 0) + 1;
  const contexts = new Set(data.examples.map((example) => example.context)).size;
  return { questions: data.examples.length, contexts, excluded };
}

/** SHA-256 (hex) over ids, questions, contexts and answers in order: the data fingerprint of a run. */
export async function fingerprintExamples(examples: readonly SquadExample[]): Promise<string> {
  const rows = examples.map(({ id, question, context, answers }) => [id, question, context, answers]);
  return sha256Of(new TextEncoder().encode(JSON.stringify(rows)));
}
