import type { ModelDescription } from '../../storage/runs.ts';
import { checkArguments, type TrainingArguments } from '../../training/training-arguments.ts';
import type { LoadedModel, Role } from '../../workers/protocol.ts';
import { builtInModelFiles } from '../model/built-in-model.ts';
import { data } from '../data/data.svelte.ts';
import {
  argumentsOf,
  fromText,
  hasChanges,
  toText,
  withChanges,
  type EditedPresets,
} from '../settings/edited-presets.ts';
import type { PresetName } from '../settings/presets.ts';
import { checkSettings } from '../settings/check-settings.ts';
import { keptValues } from './kept-values.ts';

const KEY = 'manabi-settings';

export interface ModelChoice {
  files: Record<string, Blob>;
  description: Omit<ModelDescription, 'fingerprint'>;
}

/** What a run is begun with: the chosen model and settings; the data are in data.svelte.ts. */
class Chosen {
  /** null: the built-in model, not read yet. */
  model = $state.raw<ModelChoice | null>(null);
  /** What was found in its files; null until they are read. */
  found = $state.raw<LoadedModel | null>(null);
  private typed = $state.raw<EditedPresets>(keptSettings() ?? { preset: 'sample', edits: {} });
  readonly args = $derived(argumentsOf(this.typed));
  readonly isChanged = $derived(hasChanges(this.typed));
  /** What cannot be used or is unusual, by the name of the setting. */
  readonly remarks = $derived(checkSettings(this.args, this.found?.positions ?? Infinity));
  readonly isUsable = $derived([...this.remarks.values()].every(({ level }) => level !== 'impossible'));
  get preset(): PresetName {
    return this.typed.preset;
  }

  get isBuiltInModel(): boolean {
    return (this.model?.description.source ?? 'built-in') === 'built-in';
  }

  get isAllBuiltIn(): boolean {
    return this.isBuiltInModel && !data.isOwn;
  }

  /** Questions that a run will use: as many as are asked for, and no more than there are; null while neither is known. */
  questions(role: Role): number | null {
    const { max_train_samples, max_eval_samples, version_2_with_negative } = this.args;
    const asked = (role === 'train' ? max_train_samples : max_eval_samples) || Infinity;
    const summary = data.files[role]?.summary;
    if (!summary) return Number.isFinite(asked) ? asked : null;
    const { questions, withoutAnswer } = summary;
    return Math.min(asked, questions + (version_2_with_negative === false ? 0 : withoutAnswer));
  }

  /** All that the rows for training and evaluation depend on. */
  get rowSources(): readonly unknown[] {
    const { max_train_samples, max_eval_samples, seed } = this.args;
    const { max_seq_length, doc_stride, return_overflowing_tokens } = this.args;
    const { version_2_with_negative, null_score_diff_threshold } = this.args;
    const samples = [data.files.train, data.files.evaluation, max_train_samples, max_eval_samples, seed];
    const windows = [max_seq_length, doc_stride, return_overflowing_tokens];
    return [...samples, this.model, ...windows, version_2_with_negative, null_score_diff_threshold];
  }

  /** Throws ManabiError training-argument and position-limit for settings that cannot be used with the chosen model. */
  check(): void {
    checkArguments(this.args, this.found?.positions ?? Infinity);
  }

  change(changes: Partial<TrainingArguments>): void {
    this.replace(withChanges(this.typed, changes));
  }

  choosePreset(preset: PresetName): void {
    this.replace({ ...this.typed, preset });
  }

  /** Settings as they stand somewhere else, with the preset that they began from. */
  takeSettings(preset: PresetName, args: TrainingArguments): void {
    this.replace(withChanges({ ...this.typed, preset }, args));
  }

  /** The chosen preset as it was before any change. */
  resetPreset(): void {
    this.replace({ ...this.typed, edits: { ...this.typed.edits, [this.preset]: {} } });
  }

  /** The chosen model, the built-in one where nothing was chosen. */
  async readModel(): Promise<ModelChoice> {
    this.model ??= {
      files: await builtInModelFiles(),
      description: { source: 'built-in', name: 'manabi-small' },
    };
    return this.model;
  }

  private replace(typed: EditedPresets): void {
    this.typed = typed;
    keptValues.setItem(KEY, toText(typed));
  }
}

function keptSettings(): EditedPresets | null {
  return fromText(keptValues.getItem(KEY) ?? '');
}

export const chosen = new Chosen();
