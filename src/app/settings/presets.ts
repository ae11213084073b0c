import { recipes, type RecipeName, type TrainingArguments } from '../../training/training-arguments.ts';

export type PresetName = RecipeName;

export const presets: Record<PresetName, TrainingArguments> = {
  sample: recipes.sample,
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
