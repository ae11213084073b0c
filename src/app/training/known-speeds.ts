import type { TrainingArguments } from '../../training/training-arguments.ts';
import type { Device } from '../../workers/protocol.ts';

const KEY = 'manabi-speeds';

/** What decides how fast a run goes, as far as it is known before it begins. */
export interface SpeedConditions {
  device: Pick<Device, 'name'>;
  model: { source: string; name: string };
  args: Pick<
    TrainingArguments,
    'per_device_train_batch_size' | 'max_seq_length' | 'pad_to_max_length' | 'fp16' | 'freeze_embeddings'
  >;
}

type Store = Pick<Storage, 'getItem' | 'setItem'>;

/** Keeps what a run on this computer has measured. */
export function keepSpeed(store: Store, of: SpeedConditions, examplesPerSecond: number): void {
  if (!(examplesPerSecond > 0)) return;
  store.setItem(KEY, JSON.stringify({ ...read(store), [keyOf(of)]: examplesPerSecond }));
}

/** Examples per second of the last run under the same conditions; null where there was none. */
export function knownSpeed(store: Store, of: SpeedConditions): number | null {
  return read(store)[keyOf(of)] ?? null;
}

function keyOf({ device, model, args }: SpeedConditions): string {
  const { per_device_train_batch_size, max_seq_length, pad_to_max_length, fp16, freeze_embeddings } = args;
  const settings = [per_device_train_batch_size, max_seq_length, pad_to_max_length, fp16, freeze_embeddings];
  return [device.name, model.source, model.name, ...settings].join(' | ');
}

function read(store: Store): Record<string, number> {
  try {
    const kept: unknown = JSON.parse(store.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, value]) => typeof value === 'number'));
  } catch {
    return {};
  }
}
