import { defaultArguments, recipes, type TrainingArguments } from '../../training/training-arguments.ts';

export type PresetName = 'sample' | 'notebook' | 'full';

const sample: TrainingArguments = {
  ...defaultArguments,
  learning_rate: 1e-3,
  num_train_epochs: 8,
  weight_decay: 0.01,
  max_seq_length: 192,
  doc_stride: 0,
  return_overflowing_tokens: false,
  pad_to_max_length: false,
  pad_to_multiple_of: 32,
  max_train_samples: 1000,
  max_eval_samples: 100,
};

/** `sample` is tuned for the built-in model (tools/finetune_check.py). */
export const presets: Record<PresetName, TrainingArguments> = {
  sample,
  notebook: recipes.notebook,
  full: recipes.full,
};

export const presetNames = Object.keys(presets) as PresetName[];

export function isPreset(name: unknown): name is PresetName {
  return presetNames.some((known) => known === name);
}

/** Whether a run was begun with another value than its preset has. What the preset leaves to the data is as the data had it. */
export function isChanged(
  preset: TrainingArguments,
  args: TrainingArguments,
  name: keyof TrainingArguments,
): boolean {
  if (name === 'version_2_with_negative' && preset[name] === null) return false;
  return preset[name] !== args[name];
}

/** Whether the settings of a run are no longer those of their preset. */
export function differsFromPreset(name: string, args: TrainingArguments): boolean {
  if (!isPreset(name)) return false;
  const preset = presets[name];
  return (Object.keys(preset) as (keyof TrainingArguments)[]).some((key) => isChanged(preset, args, key));
}
