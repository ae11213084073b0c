import { encodingDigest } from '../features/digest.ts';
import type { Feature } from '../features/feature.ts';
import { contextTokens, notebookFeature, windowFeatures } from '../features/features.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { SquadExample } from '../squad/example.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { readJson, type GoldenFolder } from './golden-folder.ts';
import { Tally, type Report } from './report.ts';

type WindowRow = [tokens: number, first: number, last: number, start: number, end: number, digest: string];
type SeedRow = [tokens: number, start: number, end: number, digest: string];

export const featuresFile = /features-(seed|windows)-(\d+)(?:-(\d+))?\.json\.gz$/;

/** features-seed-<max_length>.json.gz and features-windows-<max_length>-<stride>.json.gz: lengths, labels, digests. */
export async function checkFeatures(
  folder: GoldenFolder,
  path: string,
  jsquad: readonly SquadExample[],
  tokenizer: Tokenizer,
  label: string,
  report: Report,
): Promise<void> {
  const [, kind, max_seq_length, doc_stride] = featuresFile.exec(path) ?? [];
  const golden = await readJson<Record<string, SeedRow | WindowRow[] | 'error'>>(folder, path);
  const options = { max_seq_length: Number(max_seq_length), doc_stride: Number(doc_stride ?? 0) };
  const byId = new Map(jsquad.map((example) => [example.id, example]));
  const tally = new Tally();
  for (const [id, row] of Object.entries(golden)) {
    const example = byId.get(id);
    tally.add(
      example !== undefined &&
        JSON.stringify(await found(kind, tokenizer, example, options)) === JSON.stringify(row),
      id,
    );
  }
  tally.into(report, label);
}

async function found(
  kind: string,
  tokenizer: Tokenizer,
  example: SquadExample,
  options: { max_seq_length: number; doc_stride: number },
): Promise<SeedRow | WindowRow[] | 'error'> {
  try {
    if (kind === 'seed') {
      const feature = notebookFeature(tokenizer, example, options);
      return [feature.inputIds.length, feature.startPosition, feature.endPosition, await digest(feature)];
    }
    const rows: WindowRow[] = [];
    for (const feature of windowFeatures(tokenizer, example, options)) {
      const { first, last } = contextTokens(feature);
      const { startPosition, endPosition } = feature;
      rows.push([feature.inputIds.length, first, last, startPosition, endPosition, await digest(feature)]);
    }
    return rows;
  } catch (error) {
    if (error instanceof ManabiError) return 'error';
    throw error;
  }
}

function digest({ inputIds, starts, ends }: Feature): Promise<string> {
  return encodingDigest(inputIds, starts, ends);
}
