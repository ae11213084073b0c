import { ManabiError } from '../errors/manabi-error.ts';
import type { EngineSettings } from '../model/engine.ts';

/**
 * Names, meanings and defaults of transformers' TrainingArguments and run_qa.py's data arguments, and `freeze_embeddings`, for
 * which they have no name.
 */
export interface TrainingArguments extends EngineSettings {
  /** Computes each layer again in the backward pass, which takes less memory and a third more work; auto: where memory is short. */
  gradient_checkpointing: 'auto' | 'true' | 'false';
  learning_rate: number;
  per_device_train_batch_size: number;
  per_device_eval_batch_size: number;
  gradient_accumulation_steps: number;
  num_train_epochs: number;
  /** Overrides num_train_epochs when above 0. */
  max_steps: number;
  weight_decay: number;
  adam_beta1: number;
  adam_beta2: number;
  adam_epsilon: number;
  /** 0 switches clipping off. */
  max_grad_norm: number;
  lr_scheduler_type: 'linear' | 'cosine' | 'constant' | 'constant_with_warmup';
  warmup_ratio: number;
  /** Overrides warmup_ratio when above 0. */
  warmup_steps: number;
  seed: number;
  eval_strategy: 'no' | 'epoch' | 'steps';
  eval_steps: number;
  save_strategy: 'no' | 'epoch' | 'steps';
  save_steps: number;
  /** The weights with the lowest eval_loss are the result, not the last ones. */
  load_best_model_at_end: boolean;
  group_by_length: boolean;
  dataloader_drop_last: boolean;

  max_seq_length: number;
  doc_stride: number;
  /** Every row to max_seq_length; otherwise to the longest of its batch. */
  pad_to_max_length: boolean;
  /** 0: to the longest row exactly. */
  pad_to_multiple_of: number;
  /** All windows of a long context; otherwise only its first. */
  return_overflowing_tokens: boolean;
  /**
   * Questions without an answer are trained as [CLS] spans and may be answered with nothing; otherwise they are left out. null: as the
   * data has such questions or not.
   */
  version_2_with_negative: boolean | null;
  /** No answer is given where its logits exceed those of the best answer by more than this. */
  null_score_diff_threshold: number;
  /** null: all. */
  max_train_samples: number | null;
  max_eval_samples: number | null;
}

/** What transformers takes when nothing is said, but for evaluating and saving, which happen every epoch here. */
export const defaultArguments: TrainingArguments = {
  learning_rate: 5e-5,
  per_device_train_batch_size: 8,
  per_device_eval_batch_size: 8,
  gradient_accumulation_steps: 1,
  num_train_epochs: 3,
  max_steps: -1,
  weight_decay: 0,
  adam_beta1: 0.9,
  adam_beta2: 0.999,
  adam_epsilon: 1e-8,
  max_grad_norm: 1,
  lr_scheduler_type: 'linear',
  warmup_ratio: 0,
  warmup_steps: 0,
  seed: 42,
  eval_strategy: 'epoch',
  eval_steps: 500,
  save_strategy: 'epoch',
  save_steps: 500,
  load_best_model_at_end: false,
  group_by_length: false,
  dataloader_drop_last: false,
  fp16: false,
  freeze_embeddings: false,
  gradient_checkpointing: 'auto',
  max_seq_length: 384,
  doc_stride: 128,
  pad_to_max_length: true,
  pad_to_multiple_of: 0,
  return_overflowing_tokens: true,
  version_2_with_negative: null,
  null_score_diff_threshold: 0,
  max_train_samples: null,
  max_eval_samples: null,
};

export type RecipeName = 'sample' | 'notebook' | 'full';

export const recipes: Record<RecipeName, TrainingArguments> = {
  /** Tuned for the built-in model and sample (tools/finetune_check.py). */
  sample: {
    ...defaultArguments,
    learning_rate: 5e-4,
    num_train_epochs: 2,
    weight_decay: 0.01,
    max_seq_length: 224,
    doc_stride: 0,
    return_overflowing_tokens: false,
    pad_to_max_length: false,
    pad_to_multiple_of: 8,
    group_by_length: true,
    max_train_samples: 2400,
    max_eval_samples: 200,
  },
  /** The reference recipe, exactly. */
  notebook: {
    ...defaultArguments,
    learning_rate: 2e-5,
    weight_decay: 0.01,
    max_seq_length: 512,
    doc_stride: 0,
    return_overflowing_tokens: false,
    max_train_samples: 1000,
    max_eval_samples: 100,
  },
  /**
   * All data, all windows, little padding, best checkpoint kept. Of JSQuAD's positions, grouped by length, 0.869 are tokens when
   * lengths are rounded up to 32, 0.939 to 8, 0.953 to 4, the least that lets products load 16 bytes at once. That makes 71
   * shapes instead of 14, and a shape is cheap: no pipeline of its own, 38 kB, and once about 0.1 s to record (12
   * layers, in Node on a busy processor).
   */
  full: {
    ...defaultArguments,
    learning_rate: 2e-5,
    weight_decay: 0.01,
    pad_to_max_length: false,
    pad_to_multiple_of: 4,
    group_by_length: true,
    load_best_model_at_end: true,
  },
};

type NumberName = {
  [Name in keyof TrainingArguments]: TrainingArguments[Name] extends number | null ? Name : never;
}[keyof TrainingArguments];

// Lowest and highest value; whole numbers only where `whole`.
const ranges: Record<NumberName, { from: number; to?: number; whole?: true }> = {
  learning_rate: { from: 0 },
  per_device_train_batch_size: { from: 1, to: 4096, whole: true },
  per_device_eval_batch_size: { from: 1, to: 4096, whole: true },
  gradient_accumulation_steps: { from: 1, whole: true },
  // The checkpoint for Python lists the rows of every epoch.
  num_train_epochs: { from: 0, to: 10_000 },
  max_steps: { from: -1, whole: true },
  weight_decay: { from: 0 },
  adam_beta1: { from: 0, to: 0.999999 },
  adam_beta2: { from: 0, to: 0.9999999 },
  adam_epsilon: { from: 0 },
  max_grad_norm: { from: 0 },
  warmup_ratio: { from: 0, to: 1 },
  warmup_steps: { from: 0, whole: true },
  seed: { from: 0, to: 2 ** 32 - 1, whole: true },
  eval_steps: { from: 1, whole: true },
  save_steps: { from: 1, whole: true },
  max_seq_length: { from: 8, to: 4096, whole: true },
  doc_stride: { from: 0, whole: true },
  pad_to_multiple_of: { from: 0, to: 1024, whole: true },
  null_score_diff_threshold: { from: -1e9, to: 1e9 },
  max_train_samples: { from: 1, whole: true },
  max_eval_samples: { from: 1, whole: true },
};

export interface WrongArgument {
  name: keyof TrainingArguments;
  /** As it was given; '' for an empty field. */
  value: string;
  /** The values it takes, read alike in both languages. */
  wanted: string;
}

/** Every argument that cannot be used, one line each. */
export function wrongArguments(args: TrainingArguments): WrongArgument[] {
  const found: WrongArgument[] = [];
  const refuse = (name: keyof TrainingArguments, wanted: string) => {
    if (found.some((wrong) => wrong.name === name)) return;
    found.push({ name, value: String(args[name] ?? ''), wanted });
  };
  for (const name of Object.keys(ranges) as NumberName[]) {
    const { from, to = Infinity, whole } = ranges[name];
    const value = args[name];
    if (value === null && (name === 'max_train_samples' || name === 'max_eval_samples')) continue;
    const fits = typeof value === 'number' && Number.isFinite(value) && value >= from && value <= to;
    if (!fits || (whole && !Number.isInteger(value))) {
      const first = whole ? `${from}, ${from + 1}, ${from + 2}, …` : `≥ ${from}`;
      refuse(name, to === Infinity ? first : whole ? `${first} ${to}` : `${first}, ≤ ${to}`);
    }
  }
  if (args.max_steps <= 0 && args.num_train_epochs <= 0) refuse('num_train_epochs', '> 0');
  const negative: unknown = args.version_2_with_negative;
  if (negative !== null && typeof negative !== 'boolean') refuse('version_2_with_negative', 'true, false');
  const schedules = ['linear', 'cosine', 'constant', 'constant_with_warmup'];
  if (!schedules.includes(args.lr_scheduler_type)) refuse('lr_scheduler_type', schedules.join(', '));
  const ways = ['auto', 'true', 'false'];
  if (!ways.includes(args.gradient_checkpointing)) refuse('gradient_checkpointing', ways.join(', '));
  for (const name of ['eval_strategy', 'save_strategy'] as const) {
    if (!['no', 'epoch', 'steps'].includes(args[name])) refuse(name, 'no, epoch, steps');
  }
  if (args.doc_stride >= args.max_seq_length) refuse('doc_stride', '< max_seq_length');
  if (args.load_best_model_at_end && args.eval_strategy === 'no') {
    refuse('load_best_model_at_end', 'false, or eval_strategy epoch');
  }
  return found;
}

/**
 * `positions`: how many tokens the model has positions for. Throws ManabiError training-argument, which names the first wrong argument and the
 * values it takes, and position-limit with the largest length that works.
 */
export function checkArguments(args: TrainingArguments, positions = Infinity): void {
  const [wrong] = wrongArguments(args);
  if (wrong) {
    const { name, value, wanted } = wrong;
    throw new ManabiError('training-argument', name, { value: value || '—', wanted });
  }
  checkPositions(args, positions);
}

/** Rows are padded to a multiple, which needs positions too. */
function checkPositions(args: TrainingArguments, positions: number): void {
  const largest = largestLength(args, positions);
  if (args.max_seq_length <= largest) return;
  throw new ManabiError('position-limit', '', {
    name: 'max_seq_length',
    value: args.max_seq_length,
    positions,
    largest,
  });
}

/** The largest max_seq_length for a model with so many positions; Infinity where it has no limit. */
export function largestLength(
  { pad_to_max_length, pad_to_multiple_of }: TrainingArguments,
  positions: number,
): number {
  const multiple = pad_to_max_length ? 1 : Math.max(1, pad_to_multiple_of);
  return Math.floor(positions / multiple) * multiple;
}
