import { recipes, type RecipeName, type TrainingArguments } from '../../training/training-arguments.ts';

export type PresetName = RecipeName | 'quick';

/** `quick` shows a rise on a software GPU. */
export const presets: Record<PresetName, TrainingArguments> = {
  sample: recipes.sample,
  quick: { ...recipes.sample, num_train_epochs: 3, max_train_samples: 320, max_eval_samples: 40 },
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
