import { largestLength, wrongArguments, type TrainingArguments } from '../../training/training-arguments.ts';

/** What is said beside a setting. */
export interface Remark {
  level: 'impossible' | 'unusual';
  /** The values that can be used, or that people use; read alike in both languages. */
  wanted: string;
  /** Nothing that could be read as a number was typed. */
  isEmpty: boolean;
}

/** What is used in practice when question answering is fine-tuned. Outside of it a run is possible, and likely a slip of the hand. */
const usual: Partial<Record<keyof TrainingArguments, [from: number, to: number]>> = {
  learning_rate: [1e-6, 5e-3],
  num_train_epochs: [0.1, 50],
  per_device_train_batch_size: [1, 128],
  gradient_accumulation_steps: [1, 64],
  weight_decay: [0, 0.3],
  warmup_ratio: [0, 0.5],
  max_grad_norm: [0, 10],
  max_seq_length: [64, 1024],
};

/** Every setting that cannot be used, with a model of so many positions, or is unusual. */
export function checkSettings(
  args: TrainingArguments,
  positions = Infinity,
): Map<keyof TrainingArguments, Remark> {
  const remarks = new Map<keyof TrainingArguments, Remark>();
  for (const { name, wanted } of wrongArguments(args)) {
    remarks.set(name, { level: 'impossible', wanted, isEmpty: Number.isNaN(args[name]) });
  }
  const largest = largestLength(args, positions);
  if (!remarks.has('max_seq_length') && args.max_seq_length > largest) {
    remarks.set('max_seq_length', { level: 'impossible', wanted: `≤ ${largest}`, isEmpty: false });
  }
  for (const [name, [from, to]] of Object.entries(usual) as [keyof TrainingArguments, [number, number]][]) {
    const value = args[name];
    if (remarks.has(name) || typeof value !== 'number' || (value >= from && value <= to)) continue;
    remarks.set(name, { level: 'unusual', wanted: `${from} – ${to}`, isEmpty: false });
  }
  return remarks;
}
