// How long a run will take: what it computes, by the rows that it has, over what the device was measured to do in a second.
import type { DebertaConfig } from '../model/config.ts';
import { addWork, noWork, secondsOf, workOf, type DeviceRates, type Work } from '../engine/work.ts';
import type { Mode } from '../engine/space.ts';
import { planSteps } from './steps.ts';
import type { TrainingArguments } from './training-arguments.ts';

/** Rows as far as they decide what a run computes (PreparedFigures has them). */
export interface RowLengths {
  rows: { train: number; evaluation: number };
  /** Bin i: training rows of 32 i + 1 to 32 (i + 1) tokens. */
  histogram: readonly number[];
  /** Questions that are answered before and after the training. */
  questions: { evaluation: number };
}

const BIN = 32;
/** The answering pipeline's batches and windows (src/answering/answer.ts). */
const ANSWERING = { B: 8, N: 384 };

/** Tokens of JSQuAD's rows with a vocabulary of 4,000, by 32: their share. Where no rows have been made yet. */
const TYPICAL = [0, 0.06, 0.22, 0.26, 0.19, 0.11, 0.07, 0.04, 0.02, 0.01, 0.01, 0.01];

/** Rows as Japanese encyclopedias have them, for so many questions. */
export function typicalRows(
  questions: { train: number; evaluation: number },
  { max_seq_length }: Pick<TrainingArguments, 'max_seq_length'>,
): RowLengths {
  const histogram: number[] = [];
  for (const [bin, share] of TYPICAL.entries()) {
    const cut = Math.min(bin, Math.ceil(max_seq_length / BIN) - 1);
    histogram[cut] = (histogram[cut] ?? 0) + share * questions.train;
  }
  return { rows: questions, histogram, questions };
}

/**
 * All that a run computes from its first answer to its last: the answers before, the steps, the losses of the evaluation rows, the answers after.
 * `recompute`: each layer is computed again (RunMemory tells).
 */
export function runWork(
  config: DebertaConfig,
  args: TrainingArguments,
  { rows, histogram, questions }: RowLengths,
  recompute = args.gradient_checkpointing === 'true',
): Work {
  const { totalSteps, stepsPerEpoch, batchesPerEpoch } = planSteps(rows.train, args);
  const micro = batchesPerEpoch / stepsPerEpoch;
  const train = args.per_device_train_batch_size;
  const step = batchWork(config, args, histogram, Math.min(train, rows.train), 'train', recompute);
  const update = addWork(
    workOf(config, { B: 1, N: 1 }, 'train'),
    workOf(config, { B: 1, N: 1 }, 'train', { update: false }),
    -1,
  );
  let work = addWork(noWork, step, totalSteps * micro);
  work = addWork(work, update, totalSteps);
  if (args.eval_strategy !== 'no' && rows.evaluation > 0) {
    const size = args.per_device_eval_batch_size;
    const times =
      args.eval_strategy === 'epoch'
        ? Math.ceil(totalSteps / stepsPerEpoch)
        : Math.ceil(totalSteps / args.eval_steps);
    const batch = batchWork(config, args, histogram, Math.min(size, rows.evaluation), 'evaluate', false);
    work = addWork(work, batch, times * (rows.evaluation / Math.min(size, rows.evaluation)));
  }
  // Windows of similar length are answered together.
  const answering = {
    pad_to_max_length: false,
    pad_to_multiple_of: BIN,
    group_by_length: true,
    max_seq_length: ANSWERING.N,
  };
  const answers = batchWork(config, answering, histogram, ANSWERING.B, 'evaluate', false);
  return addWork(work, answers, (2 * questions.evaluation) / ANSWERING.B);
}

/** Seconds from the first answer to the last of a run on a device of these rates. */
export function runSeconds(
  config: DebertaConfig,
  args: TrainingArguments,
  lengths: RowLengths,
  rates: DeviceRates,
  recompute?: boolean,
): number {
  return secondsOf(runWork(config, args, lengths, recompute), rates);
}

type Padding = Pick<
  TrainingArguments,
  'pad_to_max_length' | 'pad_to_multiple_of' | 'group_by_length' | 'max_seq_length'
>;

/** What a batch of B rows, drawn from these lengths and padded so, computes on average, without an update. */
function batchWork(
  config: DebertaConfig,
  { pad_to_max_length, pad_to_multiple_of, group_by_length, max_seq_length }: Padding,
  histogram: readonly number[],
  B: number,
  mode: Mode,
  recompute: boolean,
): Work {
  const of = (N: number) => workOf(config, { B, N }, mode, { recompute, update: false });
  if (pad_to_max_length) return of(max_seq_length);
  const total = histogram.reduce((sum, count) => sum + count, 0);
  let work = noWork;
  let below = 0;
  let seen = 0;
  for (const [bin, count] of histogram.entries()) {
    seen += count ?? 0;
    // Rows of one length stand together, or the longest of B rows drawn at random decides.
    const upTo = (seen / total) ** (group_by_length ? 1 : B);
    // Where rows are not padded to the end of their bin, the longest of a batch is a little above its middle.
    const multiple = pad_to_multiple_of > 0 ? pad_to_multiple_of : 1;
    const longest = (bin + (multiple >= BIN ? 1 : 0.6)) * BIN;
    const N = Math.min(max_seq_length, Math.ceil(longest / multiple) * multiple);
    if (upTo > below) work = addWork(work, of(N), upTo - below);
    below = upTo;
  }
  return work;
}
