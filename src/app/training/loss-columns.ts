import type { LogEntry } from '../../training/state.ts';

type Column = (number | null)[];

/** The log as columns of a chart: steps, losses of training, losses of the evaluation data. Every column has a value per step. */
export function lossColumns(log: readonly LogEntry[]): [steps: number[], loss: Column, evalLoss: Column] {
  const bySteps = new Map<number, [number | null, number | null]>();
  for (const { step, loss, eval_loss } of log) {
    if (loss === undefined && eval_loss === undefined) continue;
    const row = bySteps.get(step) ?? [null, null];
    bySteps.set(step, [loss ?? row[0], eval_loss ?? row[1]]);
  }
  const steps = [...bySteps.keys()].toSorted((a, b) => a - b);
  const rows = steps.map((step) => bySteps.get(step) ?? [null, null]);
  return [steps, rows.map(([loss]) => loss), rows.map(([, evaluation]) => evaluation)];
}

/** From the first step to the last; a single point has room around it. */
export function stepRange(steps: readonly number[]): [from: number, to: number] {
  const from = steps.at(0) ?? 0;
  return [from, Math.max(steps.at(-1) ?? 1, from + 1)];
}
