import { ManabiError, type ErrorCode } from '../errors/manabi-error.ts';
import type { SquadData, SquadExample } from '../squad/example.ts';
import { pythonStrip } from '../squad/python-text.ts';
import { sampleExamples } from '../squad/sample.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Feature } from './feature.ts';
import { notebookFeature, windowFeatures, type FeatureOptions } from './features.ts';

export interface EncodeOptions extends FeatureOptions {
  /** All windows of a long context; otherwise only its first. */
  return_overflowing_tokens: boolean;
}

/** A question that the tokenizer could not place. */
export interface UnplacedQuestion {
  id: string;
  code: ErrorCode;
  details: ManabiError['details'];
}

export interface EncodedExamples {
  kept: SquadExample[];
  rows: Feature[];
  /** The reference recipe's row of each example kept. */
  first: Feature[];
  /** Tokens of each example kept, before anything is cut off. */
  lengths: number[];
  excluded: UnplacedQuestion[];
}

export interface EncodeControl {
  /** Awaited after every few examples, so that a worker hears a cancel. */
  onProgress?: (done: number) => void | Promise<void>;
  /** Throws where a question of the evaluation would have no room when it is answered. */
  check?: (example: SquadExample) => void;
}

const EXAMPLES_PER_TURN = 50;
/** What one question alone suffers from; other errors are those of the model or the settings. */
const ofOneQuestion: readonly ErrorCode[] = ['tokenizer-no-room', 'tokenizer-stride', 'features-no-context'];

/** Whether a run uses questions without an answer: as its arguments say, else as there are some. */
export function usesNegative(
  { version_2_with_negative }: { version_2_with_negative: boolean | null },
  files: readonly Pick<SquadData, 'examples'>[],
): boolean {
  const hasSome = () => files.some(({ examples }) => examples.some((example) => example.is_impossible));
  return version_2_with_negative ?? hasSome();
}

/** The questions of a file that a run uses: those without an answer only with `negative`; then the first n of a seeded shuffle. */
export function chooseExamples(
  { examples }: Pick<SquadData, 'examples'>,
  samples: number | null,
  seed: number,
  negative: boolean,
): SquadExample[] {
  const usable = negative ? examples : examples.filter((example) => !example.is_impossible);
  return sampleExamples(usable, samples, seed);
}

/**
 * Examples -> training or evaluation rows. A question that has no room, or whose context has no tokens, is left out and listed. Throws what the
 * tokenizer throws else, with the id of the question as its place.
 */
export async function encodeExamples(
  tokenizer: Tokenizer,
  examples: readonly SquadExample[],
  options: EncodeOptions,
  control: EncodeControl = {},
): Promise<EncodedExamples> {
  const encoded: EncodedExamples = { kept: [], rows: [], first: [], lengths: [], excluded: [] };
  for (const [i, example] of examples.entries()) {
    try {
      const labelled = notebookFeature(tokenizer, example, options);
      control.check?.(example);
      const rows = options.return_overflowing_tokens
        ? windowFeatures(tokenizer, example, options)
        : [labelled];
      encoded.first.push(labelled);
      encoded.rows.push(...rows);
      encoded.kept.push(example);
      encoded.lengths.push(uncutLength(tokenizer, example, labelled, options));
    } catch (error) {
      if (!(error instanceof ManabiError)) throw error;
      if (!ofOneQuestion.includes(error.code)) throw new ManabiError(error.code, example.id, error.details);
      encoded.excluded.push({ id: example.id, code: error.code, details: error.details });
    }
    if ((i + 1) % EXAMPLES_PER_TURN === 0 || i + 1 === examples.length) await control.onProgress?.(i + 1);
  }
  return encoded;
}

/** A row that is full may be one that was cut. */
function uncutLength(
  tokenizer: Tokenizer,
  { context }: SquadExample,
  { inputIds, sequenceIds }: Feature,
  { max_seq_length }: FeatureOptions,
): number {
  if (inputIds.length < max_seq_length) return inputIds.length;
  const read = sequenceIds.reduce((tokens, sequence) => tokens + (sequence === 1 ? 1 : 0), 0);
  return inputIds.length - read + tokenizer.encode(pythonStrip(context)).ids.length;
}
