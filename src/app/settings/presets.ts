import { defaultArguments, recipes, type TrainingArguments } from '../../training/training-arguments.ts';

export type PresetName = 'sample' | 'quick' | 'notebook' | 'full';

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

/** `sample` is tuned for the built-in model (tools/finetune_check.py); `quick` shows a rise on a software GPU. */
export const presets: Record<PresetName, TrainingArguments> = {
  sample,
  quick: { ...sample, num_train_epochs: 3, max_train_samples: 320, max_eval_samples: 40 },
  notebook: recipes.notebook,
  full: recipes.full,
};

export const presetNames = Object.keys(presets) as PresetName[];

export function isPreset(name: unknown): name is PresetName {
  return presetNames.some((known) => known === name);
}

/** Whether settings are no longer those of their preset. */
export function differsFromPreset(name: string, args: TrainingArguments): boolean {
  if (!isPreset(name)) return false;
  const preset = presets[name];
  return (Object.keys(preset) as (keyof TrainingArguments)[]).some((key) => preset[key] !== args[key]);
}
