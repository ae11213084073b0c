import { ManabiError } from '../errors/manabi-error.ts';
import type { Engine, Logits } from '../model/engine.ts';
import type { Batch } from '../features/feature.ts';
import type { EncodedWindow, Tokenizer } from '../tokenizer/tokenizer.ts';
import { decodeAnswers, type FoundAnswer, type WindowLogits } from './decode.ts';

/** Argument names and defaults of transformers' question-answering pipeline. */
export interface PipelineOptions {
  top_k?: number;
  handle_impossible_answer?: boolean;
  max_answer_len?: number;
  max_seq_len?: number;
  doc_stride?: number;
}

export interface AskedQuestion {
  /** Where it comes from, for errors. */
  id: string;
  question: string;
  context: string;
}

export interface AnsweringControl {
  per_device_eval_batch_size?: number;
  /** Awaited, so that a worker hears a cancel between batches. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
  signal?: AbortSignal;
}

/** Lengths are rounded up to multiples of this, so that few shapes are needed. */
const PAD_TO_MULTIPLE_OF = 32;

const defaultLength = ({ modelMaxLength }: Tokenizer) => Math.min(modelMaxLength, 384);
const defaultStride = (max_seq_len: number) => Math.min(Math.floor(max_seq_len / 2), 128);

/** Throws what the tokenizer throws where the pipeline, with its defaults, could not answer the question. */
export function checkAnswerable(
  tokenizer: Tokenizer,
  { question, context }: Pick<AskedQuestion, 'question' | 'context'>,
): void {
  const max_length = defaultLength(tokenizer);
  tokenizer.encodePair(question, context, { max_length, doc_stride: defaultStride(max_length) });
}

/**
 * Answers of the question-answering pipeline (align_to_words=False) for every question, in their order.
 * Throws ManabiError: answer-empty-question, answer-empty-context, answer-stride, training-argument (top_k, max_answer_len), and
 * the tokenizer's.
 */
export async function answerQuestions(
  engine: Pick<Engine, 'forward'>,
  tokenizer: Tokenizer,
  questions: readonly AskedQuestion[],
  options: PipelineOptions = {},
  control: AnsweringControl = {},
): Promise<FoundAnswer[][]> {
  const max_seq_len = options.max_seq_len ?? defaultLength(tokenizer);
  const doc_stride = options.doc_stride ?? defaultStride(max_seq_len);
  for (const name of ['top_k', 'max_answer_len'] as const) {
    const value = options[name] ?? 1;
    if (!(value >= 1)) throw new ManabiError('training-argument', name, { value, wanted: '1, 2, 3, …' });
  }
  if (doc_stride > max_seq_len) throw new ManabiError('answer-stride', '', { doc_stride, max_seq_len });
  const logits = await windowLogits(engine, tokenizer, questions, { max_seq_len, doc_stride }, control);
  return questions.map(({ context }, owner) =>
    decodeAnswers(context, logits[owner], {
      top_k: options.top_k ?? 1,
      handle_impossible_answer: options.handle_impossible_answer ?? false,
      max_answer_len: options.max_answer_len ?? 15,
      clsTokenId: tokenizer.clsTokenId,
    }),
  );
}

/** Logits of every window of every question. Throws what answerQuestions throws of a question. */
export async function windowLogits(
  engine: Pick<Engine, 'forward'>,
  tokenizer: Tokenizer,
  questions: readonly AskedQuestion[],
  { max_seq_len, doc_stride }: Required<Pick<PipelineOptions, 'max_seq_len' | 'doc_stride'>>,
  control: AnsweringControl = {},
): Promise<WindowLogits[][]> {
  const jobs = questions.flatMap(({ id, question, context }, owner) => {
    if (question === '') throw new ManabiError('answer-empty-question', id);
    if (context === '') throw new ManabiError('answer-empty-context', id);
    return placed(id, () =>
      tokenizer.encodePair(question, context, { max_length: max_seq_len, doc_stride }),
    ).map((window, index) => ({ owner, index, window }));
  });
  const logits: WindowLogits[][] = questions.map(() => []);
  // Longest first: the largest shape is made at once, and a batch holds windows of similar length.
  const byLength = jobs.toSorted((a, b) => b.window.inputIds.length - a.window.inputIds.length);
  const size = control.per_device_eval_batch_size ?? 8;
  for (let at = 0; at < byLength.length; at += size) {
    control.signal?.throwIfAborted();
    const group = byLength.slice(at, at + size);
    const batch = padWindows(
      group.map((job) => job.window),
      tokenizer,
    );
    const output = await engine.forward(batch);
    for (const [row, { owner, index, window }] of group.entries()) {
      logits[owner][index] = { window, ...rowOf(output, row, batch.N, window.inputIds.length) };
    }
    await control.onProgress?.(Math.min(at + size, byLength.length), byLength.length);
  }
  return logits;
}

/** An error of the tokenizer does not know the question it is about. */
function placed<T>(id: string, encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof ManabiError) || error.place !== '') throw error;
    throw new ManabiError(error.code, id, error.details);
  }
}

function padWindows(
  windows: EncodedWindow[],
  { padTokenId, modelMaxLength }: Pick<Tokenizer, 'padTokenId' | 'modelMaxLength'>,
): Batch {
  const B = windows.length;
  const longest = Math.max(...windows.map((window) => window.inputIds.length));
  const rounded = Math.ceil(longest / PAD_TO_MULTIPLE_OF) * PAD_TO_MULTIPLE_OF;
  // There may be no position for padding beyond the model's own length.
  const N = Math.max(longest, Math.min(rounded, modelMaxLength));
  const inputIds = new Int32Array(B * N).fill(padTokenId);
  const attentionMask = new Int32Array(B * N);
  const tokenTypeIds = new Int32Array(B * N);
  for (const [row, window] of windows.entries()) {
    inputIds.set(window.inputIds, row * N);
    tokenTypeIds.set(window.tokenTypeIds, row * N);
    attentionMask.fill(1, row * N, row * N + window.inputIds.length);
  }
  return { B, N, inputIds, attentionMask, tokenTypeIds };
}

function rowOf({ startLogits, endLogits }: Logits, row: number, N: number, length: number): Logits {
  const [from, to] = [row * N, row * N + length];
  return { startLogits: startLogits.slice(from, to), endLogits: endLogits.slice(from, to) };
}
