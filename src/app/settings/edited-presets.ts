import { defaultArguments, type TrainingArguments } from '../../training/training-arguments.ts';
import { isPreset, presetNames, presets, type PresetName } from './presets.ts';

type ArgumentName = keyof TrainingArguments;

/** A preset and what was changed in it, and in the others before they were left. */
export interface EditedPresets {
  preset: PresetName;
  edits: Partial<Record<PresetName, Partial<TrainingArguments>>>;
}

/** The settings of the chosen preset with the changes made to it. */
export function argumentsOf({ preset, edits }: EditedPresets): TrainingArguments {
  return { ...presets[preset], ...edits[preset] };
}

/** The changes of the chosen preset, with these in addition; a value that is the preset's own is no change. */
export function withChanges(from: EditedPresets, changes: Partial<TrainingArguments>): EditedPresets {
  const { preset, edits } = from;
  const merged = { ...edits[preset], ...changes };
  const kept = Object.entries(merged).filter(
    ([name, value]) => presets[preset][name as ArgumentName] !== value,
  );
  return { preset, edits: { ...edits, [preset]: Object.fromEntries(kept) } };
}

/** Whether the chosen preset has other values than its own. */
export function hasChanges({ preset, edits }: EditedPresets): boolean {
  const changes = Object.entries(edits[preset] ?? {});
  return changes.some(([name, value]) => presets[preset][name as ArgumentName] !== value);
}

/** As text for the browser's storage. A field that holds no number is left out: it would come back as another value. */
export function toText({ preset, edits }: EditedPresets): string {
  const finite = (changes: Partial<TrainingArguments> = {}) =>
    Object.fromEntries(Object.entries(changes).filter(([, value]) => !Number.isNaN(value)));
  return JSON.stringify({
    preset,
    edits: Object.fromEntries(presetNames.map((name) => [name, finite(edits[name])])),
  });
}

/** What toText wrote, or null where it cannot be read; changes of unknown names or kinds, as of another version, are dropped. */
export function fromText(text: string): EditedPresets | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  const { preset, edits } = (read ?? {}) as { preset?: unknown; edits?: Record<string, unknown> };
  if (!isPreset(preset)) return null;
  const known = presetNames.map((name) => [name, knownChanges(edits?.[name])] as const);
  return { preset, edits: Object.fromEntries(known) };
}

function knownChanges(changes: unknown): Partial<TrainingArguments> {
  if (typeof changes !== 'object' || changes === null) return {};
  const isKnown = ([name, value]: [string, unknown]) => {
    if (name === 'max_train_samples' || name === 'max_eval_samples') {
      return value === null || typeof value === 'number';
    }
    if (name === 'version_2_with_negative') return value === null || typeof value === 'boolean';
    return name in defaultArguments && typeof value === typeof defaultArguments[name as ArgumentName];
  };
  return Object.fromEntries(Object.entries(changes).filter(isKnown)) as Partial<TrainingArguments>;
}
