import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { readTokenizerFolder } from './read-tokenizer.ts';

// Tokens per second over all contexts of a SQuAD file, ours beside @xenova/transformers, alternating in one process:
//   npx tsx bench/tokenizer.ts --squad FILE --tokenizer FOLDER [--rounds 5]

const usage = 'tsx bench/tokenizer.ts --squad FILE --tokenizer FOLDER [--rounds 5]';

interface SquadFile {
  data: { paragraphs: { context: string }[] }[];
}

interface PreTokenizer {
  type: string;
  add_prefix_space?: boolean;
  pretokenizers?: PreTokenizer[];
}

async function main() {
  const { values } = parseArgs({
    options: {
      squad: { type: 'string' },
      tokenizer: { type: 'string' },
      rounds: { type: 'string', default: '5' },
    },
  });
  if (!values.squad || !values.tokenizer) throw new Error(usage);
  const folder = values.tokenizer;
  const { data } = JSON.parse(readFileSync(values.squad, 'utf8')) as SquadFile;
  const contexts = [...new Set(data.flatMap(({ paragraphs }) => paragraphs.map(({ context }) => context)))];
  const own = readTokenizerFolder(folder);
  const peer = await readPeer(folder);

  const encode = (text: string) => own.encode(text).ids;
  const rounds: { own: number; peer: number }[] = [];
  for (let i = 0; i <= Number(values.rounds); i++) {
    const round = { own: speed(contexts, encode), peer: peer ? speed(contexts, peer) : 0 };
    if (i > 0) rounds.push(round); // the first one warms up the compiler
  }
  const median = (key: 'own' | 'peer') =>
    rounds.map((round) => round[key]).toSorted((a, b) => a - b)[rounds.length >> 1];
  const same = peer
    ? contexts.filter((text) => peer(text).join() === encode(text).join()).length
    : contexts.length;
  const millions = (value: number) => (value / 1e6).toFixed(2);
  const report = { contexts: contexts.length, own_M_tokens_per_s: millions(median('own')) };
  console.log(
    JSON.stringify(
      peer
        ? {
            ...report,
            xenova_M_tokens_per_s: millions(median('peer')),
            ratio: (median('own') / median('peer')).toFixed(2),
            contexts_with_equal_ids: same,
          }
        : report,
    ),
  );
}

/** ids by @xenova/transformers, which reads tokenizer.json only; null where there is none, or one of another family. */
async function readPeer(folder: string): Promise<((text: string) => number[]) | null> {
  if (!existsSync(join(folder, 'tokenizer.json'))) return null;
  const { DebertaV2Tokenizer } = await import('@xenova/transformers');
  const json = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as {
    pre_tokenizer: PreTokenizer | null;
    model: { type: string };
  };
  if (json.model.type !== 'Unigram') return null;
  // It knows Metaspace's old key only: without it, no U+2581 is prepended and no encoding agrees.
  for (const step of json.pre_tokenizer?.pretokenizers ?? [json.pre_tokenizer]) {
    if (step?.type === 'Metaspace') step.add_prefix_space = true;
  }
  const config = join(folder, 'tokenizer_config.json');
  const tokenizer = new DebertaV2Tokenizer(
    json,
    existsSync(config) ? JSON.parse(readFileSync(config, 'utf8')) : {},
  );
  return (text) => tokenizer.encode(text, null, { add_special_tokens: false });
}

function speed(texts: readonly string[], encode: (text: string) => ArrayLike<number>): number {
  const start = performance.now();
  let tokens = 0;
  for (const text of texts) tokens += encode(text).length;
  return (tokens / (performance.now() - start)) * 1000;
}

await main();
