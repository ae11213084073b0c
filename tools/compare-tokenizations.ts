import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import '../src/errors/in-english.ts';
import { ManabiError } from '../src/errors/manabi-error.ts';
import { readTokenizer, type TokenizerFiles } from '../src/tokenizer/read.ts';
import type { EncodedWindow, Tokenizer } from '../src/tokenizer/tokenizer.ts';

// Holds the project's tokenizer to the answers that tools/fuzz_tokenizers.py wrote:
//   npx tsx tools/compare-tokenizations.ts FILE
// Exits with 1 where one differs, or where anything but a ManabiError is thrown.

type Single = [ids: number[], offsets: number[], sequences: number[]];
type Window = [...Single, types: number[]];

interface Case {
  name: string;
  /** spm.model in base64. */
  files: Record<string, string>;
  texts: string[];
  pairs: [question: string, context: string, max_length: number, doc_stride: number][];
  /** Why the reference cannot load the files. */
  refused: string | null;
  singles: (Single | null)[] | null;
  windows: (Window[] | null)[] | null;
}

const shown = Number(process.env.SHOWN ?? 10);
const counts = { tokenizers: 0, tokenizations: 0, different: 0, crashes: 0, refused_by_reference: 0 };
const refusals = new Map<string, number>();

function tell(kind: string, one: Case, ...details: unknown[]) {
  if (counts.different + counts.crashes > shown) return;
  console.log(`${kind} ${one.name}`, ...details.map((detail) => JSON.stringify(detail)));
}

/** What `answer` gives, or null where it says a ManabiError. */
function attempt<T>(one: Case, answer: () => T): T | null {
  try {
    return answer();
  } catch (error) {
    if (error instanceof ManabiError) return null;
    counts.crashes++;
    tell('crash', one, (error as Error).stack);
    return null;
  }
}

function compare(one: Case, where: unknown, found: unknown, wanted: unknown) {
  if (wanted === null) return; // the reference fails
  counts.tokenizations++;
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  counts.different++;
  tell('different', one, where, found, wanted);
}

const spans = ({ starts, ends }: EncodedWindow) => Array.from(starts, (start, i) => [start, ends[i]]).flat();
const flat = (window: EncodedWindow): Single => [
  [...window.inputIds],
  spans(window),
  [...window.sequenceIds],
];

function filesOf({ files }: Case): TokenizerFiles {
  const model = files['spm.model'] as string | undefined;
  return model === undefined ? files : { ...files, 'spm.model': Buffer.from(model, 'base64') };
}

function check(one: Case) {
  counts.tokenizers++;
  let tokenizer: Tokenizer | null = null;
  try {
    tokenizer = readTokenizer(filesOf(one));
  } catch (error) {
    if (!(error instanceof ManabiError)) {
      counts.crashes++;
      tell('crash', one, (error as Error).stack);
    } else if (one.refused === null) {
      refusals.set(error.message, (refusals.get(error.message) ?? 0) + 1);
    }
  }
  if (one.refused !== null) counts.refused_by_reference++;
  if (tokenizer === null) return;
  const known = tokenizer;
  for (const [i, text] of one.texts.entries()) {
    const found = attempt(one, () => flat(known.encodeSingle(text)));
    compare(one, text, found, one.singles?.[i] ?? null);
  }
  for (const [i, [question, context, max_length, doc_stride]] of one.pairs.entries()) {
    const windows = attempt(one, () => known.encodePair(question, context, { max_length, doc_stride }));
    const found = windows?.map((window) => [...flat(window), [...window.tokenTypeIds]]) ?? null;
    compare(one, one.pairs[i], found, one.windows?.[i] ?? null);
  }
}

for await (const line of createInterface({
  input: createReadStream(process.argv[2], 'utf8'),
  crlfDelay: Infinity,
})) {
  check(JSON.parse(line) as Case);
}
console.log(JSON.stringify({ ...counts, refused: Object.fromEntries(refusals) }));
process.exitCode = counts.different + counts.crashes > 0 ? 1 : 0;
