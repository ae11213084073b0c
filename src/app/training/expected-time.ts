// How long a run with the chosen data and settings will take here. It is loaded when the page has been drawn.
import type { DeviceRates } from '../../engine/work.ts';
import type { DebertaConfig } from '../../model/config.ts';
import { runSeconds, typicalRows, type RowLengths } from '../../training/run-time.ts';
import type { TrainingArguments } from '../../training/training-arguments.ts';
import type { Role } from '../../workers/protocol.ts';

export interface ExpectedRun {
  args: TrainingArguments;
  /** Questions that will be used; null where nobody knows yet. */
  questions: Record<Role, number | null>;
  /** Their rows, where they have been made. */
  rows: RowLengths | null;
  /** Whether each layer is computed again, where that is known. */
  recompute?: boolean;
}

/** Seconds from the first answer to the last; null where nobody knows how many rows there will be, or the settings make no run. */
export function expectedSeconds(
  config: DebertaConfig,
  { args, questions: { train, evaluation }, rows, recompute }: ExpectedRun,
  rates: DeviceRates,
): number | null {
  const lengths =
    rows ?? (train !== null && evaluation !== null ? typicalRows({ train, evaluation }, args) : null);
  if (!lengths) return null;
  const seconds = runSeconds(config, args, lengths, rates, recompute);
  return Number.isFinite(seconds) ? seconds : null;
}
