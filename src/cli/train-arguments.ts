import { parseArgs } from 'node:util';
import {
  defaultArguments,
  recipes,
  type RecipeName,
  type TrainingArguments,
} from '../training/training-arguments.ts';
import { defaultCacheDir } from './download-cache.ts';

/** What `npm run train` takes beside TrainingArguments; names of run_qa.py where it has them. */
export interface TrainCommand {
  model_name_or_path: string;
  train_file: string;
  validation_file: string | null;
  output_dir: string;
  resume_from_checkpoint: string | null;
  /** auto: a GPU where there is a real one, else the processor. */
  backend: 'auto' | 'webgpu' | 'cpu';
  /** Of the processor; null: one for each core. */
  threads: number | null;
  /** Where files from the network are kept. */
  cache_dir: string;
  args: TrainingArguments;
}

/** A command line that cannot be run: the message says what to write instead. */
export class UsageError extends Error {}

export const usage = `Usage: npm run train -- --model_name_or_path DIR|ID --train_file FILE|URL --output_dir DIR
  [--validation_file FILE|URL] [--cache_dir DIR] [--recipe notebook|full|sample] [--backend auto|webgpu|cpu] [--threads N]
  [--resume_from_checkpoint DIR]
  [--max_train_samples N|all] [--max_eval_samples N|all] and, over the recipe:
  ${Object.keys(defaultArguments)
    .map((name) => `--${name}`)
    .join(' ')}`;

/** Each takes a MiB of memory before it computes anything. */
const MOST_THREADS = 256;

const ownNames = [
  'model_name_or_path',
  'train_file',
  'validation_file',
  'output_dir',
  'resume_from_checkpoint',
  'recipe',
  'backend',
  'threads',
  'cache_dir',
];

const argumentNames = Object.keys(defaultArguments) as (keyof TrainingArguments)[];

/** Throws UsageError: unknown or missing options, values of the wrong kind. Ranges are checked by `train`. */
export function readTrainCommand(argv: readonly string[]): TrainCommand {
  const values = readOptions(argv);
  const required = (name: string): string => {
    const value = values[name];
    if (value === undefined) throw new UsageError(`--${name} is missing.\n${usage}`);
    return value;
  };
  const chosen = <T extends string>(name: string, otherwise: T, allowed: readonly T[]): T => {
    const value = (values[name] ?? otherwise) as T;
    if (!allowed.includes(value)) throw new UsageError(`--${name} ${value}: choose ${allowed.join(' or ')}.`);
    return value;
  };
  const recipe = recipes[chosen<RecipeName>('recipe', 'notebook', ['notebook', 'full', 'sample'])];
  const backend = chosen('backend', 'auto', ['auto', 'webgpu', 'cpu']);
  const threads = values.threads === undefined ? null : readThreads(values.threads);
  if (threads !== null && backend === 'webgpu') {
    throw new UsageError('--threads: only the processor has threads. Leave it out, or choose --backend cpu.');
  }
  const given = argumentNames.flatMap((name) => {
    const text = values[name];
    return text === undefined ? [] : [[name, readValue(name, text)] as const];
  });
  return {
    model_name_or_path: required('model_name_or_path'),
    train_file: required('train_file'),
    validation_file: values.validation_file ?? null,
    output_dir: required('output_dir'),
    resume_from_checkpoint: values.resume_from_checkpoint ?? null,
    backend,
    threads,
    cache_dir: values.cache_dir ?? defaultCacheDir(),
    args: { ...recipe, ...(Object.fromEntries(given) as Partial<TrainingArguments>) },
  };
}

function readOptions(argv: readonly string[]): Record<string, string | undefined> {
  const names = [...ownNames, ...argumentNames];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  // Hugging Face's parser takes `--group_by_length` for `--group_by_length True`.
  const isFlag = (word: string) => isBoolean(word.slice(2) as keyof TrainingArguments);
  const isNegative = (word: string | undefined) => /^-[\d.]/.test(word ?? '');
  const words = argv.flatMap((word, at) => {
    if (word.startsWith('--') && isFlag(word) && !/^(true|false)$/i.test(argv[at + 1] ?? ''))
      return [word, 'true'];
    // parseArgs would take a negative number for an option.
    if (word.startsWith('--') && isNegative(argv[at + 1])) return [`${word}=${argv[at + 1]}`];
    return isNegative(word) && argv[at - 1]?.startsWith('--') ? [] : [word];
  });
  try {
    return parseArgs({ args: words, options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
}

function readThreads(text: string): number {
  const threads = Number(text);
  if (/^\d+$/.test(text) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new UsageError(`--threads ${text}: write a whole number from 1 to ${MOST_THREADS}.`);
}

/** version_2_with_negative is null by default: as the data has it. */
function isBoolean(name: keyof TrainingArguments): boolean {
  return typeof defaultArguments[name] === 'boolean' || name === 'version_2_with_negative';
}

function readValue(name: keyof TrainingArguments, text: string): number | boolean | string | null {
  if (name === 'max_train_samples' || name === 'max_eval_samples') {
    if (text === 'all') return null;
  } else if (isBoolean(name)) {
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
    throw new UsageError(`--${name} ${text}: write true or false.`);
  } else if (typeof defaultArguments[name] === 'string') return text;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(`--${name} ${text}: write a number.`);
  return value;
}
