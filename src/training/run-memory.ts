// What a run needs of the device's memory, and what fits where it does not: said before anything is allocated.
import { ManabiError } from '../errors/manabi-error.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { DeviceMemory } from '../devices/device.ts';
import { planMemory, type MemoryPlan, type Pass } from '../engine/memory.ts';
import type { TrainingArguments } from './training-arguments.ts';

/** Tokens of the longest rows, before padding. */
export interface Longest {
  train: number;
  evaluation: number;
}

/** Settings that make a run smaller. */
export type SmallerRun = Partial<
  Pick<
    TrainingArguments,
    | 'per_device_train_batch_size'
    | 'gradient_accumulation_steps'
    | 'freeze_embeddings'
    | 'max_seq_length'
    | 'doc_stride'
  >
>;

export interface MemoryBudget extends DeviceMemory {
  /** Bytes that could not be had before, or Infinity: WebGPU does not tell how much memory there is. */
  refused: number;
}

/**
 * A run keeps what its backward pass needs only up to so much: a GPU that does not tell its memory may begin to move it to and fro long before it refuses
 * any, and 4 GiB is what most have.
 */
const KEPT_BYTES = 4 * 2 ** 30;

export interface RunMemory extends MemoryPlan {
  /** The largest buffer that this device allows. */
  limit: number;
  /** To be tried in this order (KernelEngine.reserve): the fastest first. */
  plans: MemoryPlan[];
  /** What would fit: nothing when the run itself does, or when no smaller one helps. */
  offers: { settings: SmallerRun; total: number }[];
}

/** The answering pipeline's batches: 8 windows of at most 384 tokens (src/answering/answer.ts). */
const ANSWERING = { B: 8, N: 384 };

/** The largest batches of a run: training, eval_loss, and answering the evaluation questions. */
export function passesOf(args: TrainingArguments, longest: Longest): Pass[] {
  const multiple = Math.max(1, args.pad_to_multiple_of);
  const padded = (length: number) =>
    args.pad_to_max_length ? args.max_seq_length : Math.ceil(length / multiple) * multiple;
  // A row that was cut says nothing about the length of the windows, which are cut in their own way.
  const asked = longest.evaluation < args.max_seq_length ? Math.ceil(longest.evaluation / 32) * 32 : Infinity;
  const passes: Pass[] = [
    { B: args.per_device_train_batch_size, N: padded(longest.train), mode: 'train' },
    { B: args.per_device_eval_batch_size, N: padded(longest.evaluation), mode: 'evaluate' },
    { B: ANSWERING.B, N: Math.min(ANSWERING.N, asked), mode: 'evaluate' },
  ];
  return passes.filter(({ N }) => N > 0);
}

/** `longest.train` of at least 1. */
export function planRun(
  config: DebertaConfig,
  args: TrainingArguments,
  longest: Longest,
  budget: MemoryBudget,
): RunMemory {
  const plan = (settings: SmallerRun, recompute: boolean): MemoryPlan => {
    const smaller = { ...args, ...settings };
    const cut = (length: number) => Math.min(length, smaller.max_seq_length);
    const rows = { train: cut(longest.train), evaluation: cut(longest.evaluation) };
    const found = planMemory(config, passesOf(smaller, rows), budget, smaller, recompute);
    return { ...found, fits: found.fits && found.total < budget.refused };
  };
  const { gradient_checkpointing } = args;
  const sparing = gradient_checkpointing !== 'false';
  const limit = Math.min(budget.maxStorageBufferBindingSize, budget.maxBufferSize);
  const kept = plan({}, false);
  const allowed = gradient_checkpointing === 'false' || kept.total <= KEPT_BYTES;
  const candidates = gradient_checkpointing !== 'true' && allowed ? [kept] : [];
  if (sparing) candidates.push(plan({}, true));
  const plans = candidates.filter(({ fits }) => fits);
  if (plans.length > 0) return { ...plans[0], limit, plans, offers: [] };
  const own = candidates[candidates.length - 1];
  const offers = smallerRuns(args, longest.train).flatMap((ladder) => {
    for (const settings of ladder) {
      const { fits, total } = plan(settings, sparing);
      if (fits) return [{ settings, total }];
    }
    return [];
  });
  return { ...own, limit, plans, offers };
}

/** Throws ManabiError gpu-buffer-too-large, gpu-memory or cpu-memory for a run that does not fit on a device of this kind and name. */
export function checkFits(
  { fits, largestBinding, limit, total }: RunMemory,
  kind: 'gpu' | 'cpu',
  name: string,
): void {
  if (fits) return;
  if (kind === 'gpu' && largestBinding > limit)
    throw new ManabiError('gpu-buffer-too-large', name, { bytes: largestBinding, limit });
  throw new ManabiError(`${kind}-memory`, name, { needed: Math.ceil(total / 2 ** 20) });
}

/**
 * Three ways to a smaller run, each from the mildest step to the hardest: half the batch with twice the accumulation, which trains
 * the same; frozen embeddings, which need no gradients and moments; fewer tokens, which cuts contexts or makes more windows of
 * them.
 */
export function smallerRuns(
  args: Pick<
    TrainingArguments,
    | 'per_device_train_batch_size'
    | 'gradient_accumulation_steps'
    | 'freeze_embeddings'
    | 'max_seq_length'
    | 'doc_stride'
    | 'pad_to_max_length'
  >,
  longestRow: number,
): SmallerRun[][] {
  const batches: SmallerRun[] = [];
  let { per_device_train_batch_size, gradient_accumulation_steps } = args;
  while (per_device_train_batch_size % 2 === 0) {
    per_device_train_batch_size /= 2;
    gradient_accumulation_steps *= 2;
    batches.push({ per_device_train_batch_size, gradient_accumulation_steps });
  }
  const tokens: SmallerRun[] = [];
  const longest = args.pad_to_max_length ? args.max_seq_length : longestRow;
  for (let max_seq_length = 32 * (Math.ceil(longest / 32) - 1); max_seq_length >= 64; max_seq_length -= 32) {
    // A window that overlaps the last one by all its room would never move on.
    const doc_stride = Math.min(args.doc_stride, Math.floor(max_seq_length / 4));
    tokens.push({ max_seq_length, doc_stride });
  }
  const frozen = args.freeze_embeddings ? [] : [{ freeze_embeddings: true }];
  return [batches, frozen, tokens];
}
