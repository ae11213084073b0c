import type { TrainingArguments } from '../../training/training-arguments.ts';

type Steps = 'one' | 'double' | 'ladder' | number;

/** How far an arrow key goes: a learning rate along 1, 2, 5, 10, a batch to its double, and so on. */
const steps: Partial<Record<keyof TrainingArguments, Steps>> = {
  learning_rate: 'ladder',
  weight_decay: 'ladder',
  max_train_samples: 'ladder',
  max_eval_samples: 'ladder',
  per_device_train_batch_size: 'double',
  gradient_accumulation_steps: 'double',
  warmup_ratio: 0.01,
  max_grad_norm: 0.5,
  max_seq_length: 32,
  doc_stride: 32,
};

const LADDER = [1, 2, 5];
/** Below it a ladder goes to 0, and begins there on its way up. */
const LOWEST = { learning_rate: 1e-7, weight_decay: 1e-4 } as Partial<
  Record<keyof TrainingArguments, number>
>;

/** The number that was typed: full-width digits and grouping commas are read too. NaN for no number, null for an empty text. */
export function readNumber(text: string): number | null {
  const plain = text.normalize('NFKC').trim();
  if (plain === '') return null;
  const grouped = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(grouped) ? Number(grouped) : Number.NaN;
}

/** The number as it is shown in its field: 0.00002 rather than 2e-5 as long as it is short. */
export function writeNumber(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '';
  return String(value);
}

/** The next value up (1) or down (-1) for an arrow key. */
export function stepNumber(name: keyof TrainingArguments, value: number, direction: 1 | -1): number {
  const step = steps[name] ?? 'one';
  if (step === 'double') return Math.max(1, direction > 0 ? value * 2 : Math.floor(value / 2));
  if (step === 'ladder') return rung(value, direction, LOWEST[name] ?? 1);
  const size = step === 'one' ? 1 : step;
  // On the grid of the step, without the tail that sums of decimals have.
  const units = direction > 0 ? Math.floor(value / size + 1e-9) + 1 : Math.ceil(value / size - 1e-9) - 1;
  return Math.max(0, Number((units * size).toPrecision(12)));
}

function rung(value: number, direction: 1 | -1, lowest: number): number {
  if (value < lowest) return direction > 0 ? lowest : 0;
  const power = Math.floor(Math.log10(value) + 1e-12);
  const rungs = [power - 1, power, power + 1].flatMap((at) =>
    LADDER.map((digit) => Number((digit * 10 ** at).toPrecision(1))),
  );
  const near = 1e-9 * value;
  if (direction > 0) return rungs.find((at) => at > value + near) ?? value;
  const below = rungs.findLast((at) => at < value - near) ?? value;
  return below < lowest ? (lowest === 1 ? 1 : 0) : below;
}
