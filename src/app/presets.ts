import { recipes, type RecipeName, type TrainingArguments } from '../training/training-arguments.ts';

export type PresetName = RecipeName | 'quick';

/** `quick` shows a rise on a software GPU. */
export const presets: Record<PresetName, TrainingArguments> = {
  sample: recipes.sample,
  quick: { ...recipes.sample, num_train_epochs: 3, max_train_samples: 320, max_eval_samples: 40 },
  notebook: recipes.notebook,
  full: recipes.full,
};
