import { ManabiError } from '../errors/manabi-error.ts';
import { encodingDigest } from '../features/digest.ts';
import { codePointSlice } from '../squad/code-points.ts';
import type { EncodedWindow, Tokenizer, TokenSequence } from '../tokenizer/tokenizer.ts';
import { readJson, readJsonLines, below, subfolders } from './golden-folder.ts';
import { Tally, type Report } from './report.ts';
import { checkFeatures, featuresFile } from './features.ts';
import { loadTokenizer, type Sources } from './sources.ts';

interface StringRow {
  text?: string;
  id?: string;
  field?: 'question' | 'context';
  ids: number[];
  offsets: [number, number][] | null;
}

interface PairRow {
  id: string;
  max_length: number;
  stride: number;
  windows:
    | string
    | { ids: number[]; offsets: [number, number][]; sequence_ids: number[]; token_type_ids: number[] }[];
}

/** tokenization/<t>/: every tokenizer of the folder, from tokenizer.json and from spm.model. */
export async function checkTokenization(sources: Sources, report: Report): Promise<void> {
  for (const name of subfolders(sources.folder, 'tokenization')) {
    let found = 0;
    for (const origin of ['tokenizer.json', 'spm.model'] as const) {
      if (await checkOrigin(sources, name, origin, report)) found++;
    }
    if (found === 0)
      report.that(`tokenization ${name}`, false, 'no tokenizer of this name (--tokenizers DIR)');
  }
}

/** False where the folder has no such file. A tokenizer that cannot be read is one failed check. */
async function checkOrigin(
  sources: Sources,
  name: string,
  origin: 'tokenizer.json' | 'spm.model',
  report: Report,
): Promise<boolean> {
  try {
    const tokenizer = await loadTokenizer(sources.tokenizers, name, origin);
    if (tokenizer) await checkOne(sources, name, origin, tokenizer, report);
    return tokenizer !== null;
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    report.that(`tokenization ${name} (${origin})`, false, error.message);
    return true;
  }
}

async function checkOne(
  sources: Sources,
  name: string,
  origin: string,
  tokenizer: Tokenizer,
  report: Report,
) {
  const { folder, jsquad } = sources;
  const prefix = `tokenization/${name}`;
  const present = new Set(below(folder, prefix));
  const label = (part: string) => `${part} ${name} (${origin})`;
  if (present.has('strings.jsonl.gz')) {
    const rows = await readJsonLines<StringRow>(folder, `${prefix}/strings.jsonl.gz`);
    checkStrings(rows, sources, tokenizer, label('strings'), report);
  }
  const needsData = ['all.json', 'pairs.jsonl.gz'].filter((file) => present.has(file));
  const features = [...present].filter((file) => featuresFile.test(file));
  const known = ['strings.jsonl.gz', 'all.json', 'pairs.jsonl.gz', ...features];
  for (const file of present) {
    if (!known.includes(file)) report.note(`${prefix}/${file}: not a file that is known here`);
  }
  if (!jsquad) {
    if (needsData.length + features.length > 0) {
      report.note(`${label('all, pairs, features')}: not checked, they need --jsquad FILE`);
    }
    return;
  }
  const byId = new Map(jsquad.map((example) => [example.id, example]));
  if (present.has('all.json')) {
    const tally = new Tally();
    const contexts = new Map<string, string>();
    const all = await readJson<Record<string, [string, string]>>(folder, `${prefix}/all.json`);
    for (const [id, [question, context]] of Object.entries(all)) {
      const example = byId.get(id);
      if (example && !contexts.has(example.context)) {
        contexts.set(example.context, await digestOf(tokenizer, example.context));
      }
      const ok =
        example !== undefined &&
        (await digestOf(tokenizer, example.question)) === question &&
        contexts.get(example.context) === context;
      tally.add(ok, id);
    }
    tally.into(report, label('all questions and contexts'));
  }
  if (present.has('pairs.jsonl.gz')) {
    const tally = new Tally();
    for (const row of await readJsonLines<PairRow>(folder, `${prefix}/pairs.jsonl.gz`)) {
      const example = byId.get(row.id);
      tally.add(
        example !== undefined && pairEquals(tokenizer, example.question, example.context, row),
        row.id,
      );
    }
    tally.into(report, label('pairs'));
  }
  for (const file of features.toSorted()) {
    await checkFeatures(folder, `${prefix}/${file}`, jsquad, tokenizer, label(file.split('.')[0]), report);
  }
}

function checkStrings(
  rows: StringRow[],
  sources: Sources,
  tokenizer: Tokenizer,
  label: string,
  report: Report,
) {
  const ids = new Tally();
  const offsets = new Tally();
  const byId = new Map((sources.jsquad ?? []).map((example) => [example.id, example]));
  // Rows with a field come from the slow tokenizer (ja-char), whose own offsets follow another convention: ours
  // must reproduce the text. All other rows are the fast tokenizer's, offsets included.
  const slow = rows.some((row) => row.field !== undefined);
  for (const row of rows) {
    const text = row.text ?? (row.id && row.field ? byId.get(row.id)?.[row.field] : undefined);
    const where = row.id ?? JSON.stringify(text);
    if (text === undefined) {
      ids.add(false, `${where} (its text is not in the JSQuAD file)`);
      continue;
    }
    const found = tokenizer.encodeSingle(text);
    const { inputIds } = found;
    ids.add(row.ids.length === inputIds.length && row.ids.every((id, i) => id === inputIds[i]), where);
    if (slow) offsets.add(reproducesText(text, tokenizer.encode(text)), where);
    else offsets.add(sameSpans(row.offsets ?? [], found), where);
  }
  ids.into(report, `${label} ids`);
  offsets.into(report, `${label} offsets`);
}

/** Spans in order, inside the text, and together holding every character that is not white space or removed. */
function reproducesText(text: string, { starts, ends }: TokenSequence): boolean {
  let covered = '';
  let at = 0;
  for (const [i, start] of starts.entries()) {
    if (start < 0 || ends[i] < start || start < at - 1) return false;
    covered += codePointSlice(text, Math.max(start, at), ends[i]);
    at = Math.max(at, ends[i]);
  }
  const visible = (part: string) => part.replace(/[\s\p{C}\u2581]/gu, '');
  return visible(covered) === visible(text);
}

function sameSpans(spans: [number, number][], found: { starts: Int32Array; ends: Int32Array }): boolean {
  return (
    spans.length === found.starts.length &&
    spans.every(([s, e], i) => s === found.starts[i] && e === found.ends[i])
  );
}

function pairEquals(tokenizer: Tokenizer, question: string, context: string, row: PairRow): boolean {
  let windows: EncodedWindow[];
  try {
    windows = tokenizer.encodePair(question, context, { max_length: row.max_length, doc_stride: row.stride });
  } catch (error) {
    return error instanceof ManabiError && typeof row.windows === 'string';
  }
  if (typeof row.windows === 'string' || windows.length !== row.windows.length) return false;
  return row.windows.every((golden, w) => {
    const { inputIds, sequenceIds, tokenTypeIds } = windows[w];
    return (
      golden.ids.length === inputIds.length &&
      golden.ids.every((id, i) => id === inputIds[i]) &&
      golden.sequence_ids.every((s, i) => s === sequenceIds[i]) &&
      golden.token_type_ids.every((t, i) => t === tokenTypeIds[i]) &&
      sameSpans(golden.offsets, windows[w])
    );
  });
}

/** The digest of a single text as the goldens have it: with the special tokens around it. */
function digestOf(tokenizer: Tokenizer, text: string): Promise<string> {
  const { inputIds, starts, ends } = tokenizer.encodeSingle(text);
  return encodingDigest(inputIds, starts, ends);
}
