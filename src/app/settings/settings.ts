import type { TermName } from '../messages/terms.ts';
import type { TrainingArguments } from '../../training/training-arguments.ts';

/** What the settings form shows. A new argument is one more line here. */
export interface Setting<Name extends keyof TrainingArguments = keyof TrainingArguments> {
  name: Name;
  ja: string;
  en: string;
}

type NamesOf<Value> = {
  [Name in keyof TrainingArguments]: TrainingArguments[Name] extends Value ? Name : never;
}[keyof TrainingArguments];

/** A setting that is a number, with the word that explains it. */
export interface NumberSetting extends Setting<NamesOf<number | null>> {
  term?: TermName;
}

/** What people change first. An empty field of the first two means all. */
export const essentials: NumberSetting[] = [
  { name: 'max_train_samples', ja: '学習に使う質問の数', en: 'Questions to train on' },
  { name: 'max_eval_samples', ja: '評価に使う質問の数', en: 'Questions to evaluate' },
  { name: 'num_train_epochs', ja: 'データを繰り返す回数', en: 'Passes over the data', term: 'epoch' },
  { name: 'learning_rate', ja: '学習率', en: 'Learning rate', term: 'learning-rate' },
];

export const numbers: NumberSetting[] = [
  { name: 'per_device_train_batch_size', ja: 'バッチサイズ', en: 'Batch size', term: 'batch' },
  { name: 'gradient_accumulation_steps', ja: '更新までに足すバッチの数', en: 'Batches per update' },
  { name: 'weight_decay', ja: '重み減衰', en: 'Weight decay', term: 'weight-decay' },
  { name: 'warmup_ratio', ja: '学習率を上げていく割合', en: 'Share of steps to warm up', term: 'warmup' },
  {
    name: 'max_grad_norm',
    ja: '勾配ノルムの上限（0：なし）',
    en: 'Clip the gradient norm at (0: off)',
    term: 'clipping',
  },
  { name: 'max_seq_length', ja: '1 行の最大トークン数', en: 'Tokens per row at most', term: 'window' },
  { name: 'doc_stride', ja: '窓の重なり（トークン）', en: 'Overlap of windows (tokens)' },
  { name: 'seed', ja: '乱数シード', en: 'Random seed', term: 'seed' },
  {
    name: 'null_score_diff_threshold',
    ja: '「答えなし」とする得点差',
    en: 'Lead at which no answer is given',
  },
];

export const switches: Setting<NamesOf<boolean>>[] = [
  {
    name: 'load_best_model_at_end',
    ja: '評価データの損失が最小のときの重みを残す',
    en: 'Keep the weights with the lowest eval loss',
  },
  {
    name: 'return_overflowing_tokens',
    ja: '長い文章をいくつかの窓に分ける',
    en: 'Cut long contexts into windows',
  },
  { name: 'group_by_length', ja: '長さの近い行をまとめる', en: 'Group rows of similar length' },
  {
    name: 'pad_to_max_length',
    ja: 'すべての行を最大の長さまで埋める',
    en: 'Pad every row to the full length',
  },
  { name: 'fp16', ja: '途中の値を float16 で持つ（WebGPU）', en: 'Keep activations in float16 (WebGPU)' },
  {
    name: 'freeze_embeddings',
    ja: '埋め込みの表は学習しない（メモリー節約）',
    en: 'Leave the embedding tables as they are (saves memory)',
  },
];

type Choice<Name extends keyof TrainingArguments> = Setting<Name> & {
  values: readonly TrainingArguments[Name][];
};

/** One of a few values; null is left to the data. */
export type ChoiceSetting =
  Choice<'lr_scheduler_type'> | Choice<'gradient_checkpointing'> | Choice<'version_2_with_negative'>;

export const choices: ChoiceSetting[] = [
  {
    name: 'lr_scheduler_type',
    ja: '学習率の変え方',
    en: 'Learning rate schedule',
    values: ['linear', 'cosine', 'constant', 'constant_with_warmup'],
  },
  {
    name: 'gradient_checkpointing',
    ja: '途中の値を計算し直す（メモリー節約）',
    en: 'Compute layers again (saves memory)',
    values: ['auto', 'true', 'false'],
  },
  {
    name: 'version_2_with_negative',
    ja: '答えのない質問も使う',
    en: 'Use questions without an answer',
    values: [null, true, false],
  },
];
