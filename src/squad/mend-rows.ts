import type { SquadData } from './example.ts';

/**
 * Takes the rows in that were left out though it is certain where their answer stands: it is in the context exactly once, elsewhere than answer_start
 * says. They stand where the file has them.
 */
export function mendRows(data: SquadData): SquadData {
  const mended = data.excluded.flatMap((row) => row.mended ?? []);
  const examples = [
    ...mended.map(({ example, after }) => ({ example, at: after - 0.5 })),
    ...data.examples.map((example, at) => ({ example, at })),
  ].toSorted((a, b) => a.at - b.at);
  return {
    ...data,
    examples: examples.map(({ example }) => example),
    excluded: data.excluded.filter((row) => !row.mended),
    repairs: { ...data.repairs, startsMended: data.repairs.startsMended + mended.length },
  };
}
