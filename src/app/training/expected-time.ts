// How long a run with the chosen data and settings will take here. It is loaded when the page has been drawn.
import { parseConfig, type DebertaConfig } from '../../model/config.ts';
import type { DeviceRates } from '../../engine/work.ts';
import { runSeconds, typicalRows, type RowLengths } from '../../training/run-time.ts';
import type { TrainingArguments } from '../../training/training-arguments.ts';
import type { Computer, Role } from '../../workers/protocol.ts';
import { fetchOwn } from '../model/built-in-model.ts';

export interface ExpectedRun {
  args: TrainingArguments;
  /** Questions that will be used. */
  questions: Record<Role, number>;
  /** Their rows, where they have been made. */
  rows: RowLengths | null;
}

/** Seconds from the first answer to the last; null where the settings make no run. */
export function expectedSeconds(
  config: DebertaConfig,
  { args, questions, rows }: ExpectedRun,
  rates: DeviceRates,
): number | null {
  const seconds = runSeconds(config, args, rows ?? typicalRows(questions, args), rates);
  return Number.isFinite(seconds) ? seconds : null;
}

/** Of a model's files, or of the built-in model. Throws what parseConfig and fetchOwn throw. */
export async function readConfig(files: Record<string, Blob> | null): Promise<DebertaConfig> {
  const blob = files?.['config.json'] ?? (await fetchOwn('./model/config.json'));
  return parseConfig(JSON.parse(await blob.text()), 'config.json');
}

/** Of what computes, as they were measured here; null where it was not measured. */
export function ratesOf({ device, rates }: Pick<Computer, 'device' | 'rates'>): DeviceRates | null {
  return device && rates[device.backend];
}
