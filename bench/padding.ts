// Share of the tokens of an epoch's batches that are real, for a SQuAD file and a tokenizer:
//   npx tsx bench/padding.ts --squad FILE --tokenizer FOLDER [--batch 8] [--max_seq_length 512] [--doc_stride 128]
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  epochOrder,
  groupByLengthOrder,
  padBatch,
  paddingEfficiency,
  type PaddingOptions,
} from '../src/features/batches.ts';
import type { Batch, Feature } from '../src/features/feature.ts';
import { windowFeatures } from '../src/features/features.ts';
import { readSquadFile } from '../src/squad/read-file.ts';
import { readTokenizerFolder } from './read-tokenizer.ts';

const { values } = parseArgs({
  options: {
    squad: { type: 'string' },
    tokenizer: { type: 'string' },
    batch: { type: 'string', default: '8' },
    max_seq_length: { type: 'string', default: '512' },
    doc_stride: { type: 'string', default: '128' },
  },
});
const { squad, tokenizer: folder } = values;
if (!squad || !folder) {
  throw new Error('tsx bench/padding.ts --squad FILE --tokenizer FOLDER [--batch 8] [--max_seq_length 512]');
}
const size = Number(values.batch);
const max_seq_length = Number(values.max_seq_length);
const tokenizer = readTokenizerFolder(folder);
const arrayBuffer = async () => Uint8Array.from(readFileSync(squad)).buffer;
const { examples } = await readSquadFile({ name: squad, size: statSync(squad).size, arrayBuffer });
const options = { max_seq_length, doc_stride: Number(values.doc_stride) };
const features = examples.flatMap((example) => windowFeatures(tokenizer, example, options));
const lengths = features.map(({ inputIds }) => inputIds.length);

function batches(order: Int32Array, padding: PaddingOptions): Batch[] {
  const rows: Feature[] = Array.from(order, (at) => features[at]);
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    padBatch(rows.slice(i * size, (i + 1) * size), tokenizer.padTokenId, padding),
  );
}

const padding = { max_seq_length, pad_to_max_length: false, pad_to_multiple_of: 0 };
const shuffled = epochOrder(features.length, 42, 0);
const grouped = groupByLengthOrder(lengths, size, 42, 0);
const rounded = [4, 8, 16, 32].map((pad_to_multiple_of) => {
  const made = batches(grouped, { ...padding, pad_to_multiple_of });
  const shapes = new Set(made.map(({ B, N }) => `${B} x ${N}`)).size;
  return { pad_to_multiple_of, efficiency: paddingEfficiency(made), shapes };
});
const sorted = lengths.toSorted((a, b) => a - b);
console.log(
  JSON.stringify(
    {
      rows: features.length,
      tokens_mean: lengths.reduce((a, b) => a + b, 0) / lengths.length,
      tokens_p95: sorted[Math.floor(0.95 * sorted.length)],
      tokens_max: sorted.at(-1),
      batch: size,
      group_by_length: rounded,
      shuffled: paddingEfficiency(batches(shuffled, padding)),
      padded_to_max_seq_length: paddingEfficiency(batches(shuffled, { ...padding, pad_to_max_length: true })),
    },
    null,
    1,
  ),
);
