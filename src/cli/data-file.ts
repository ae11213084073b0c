import { openAsBlob } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readCardHeader } from '../checkpoint/card-header.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { DataOrigin } from '../squad/data-origin.ts';
import { describeForm, describeSquad } from '../squad/describe.ts';
import type { SquadData } from '../squad/example.ts';
import { exclusionHint, exclusionTexts } from '../squad/exclusion-texts.ts';
import { readSquadFile } from '../squad/read-file.ts';
import { originOf } from '../storage/jsquad.ts';
import { cacheDownloads } from './download-cache.ts';
import { downloadBar } from './progress-bar.ts';

const SHOWN_ROWS = 5;

/** A data file on the disk or at an address, which is kept in `cacheDir`. Throws ManabiError data-file-missing, and what readSquadFile and the download throw. */
export async function openDataFile(pathOrUrl: string, cacheDir: string): Promise<SquadData> {
  const blob = isAddress(pathOrUrl) ? await fetchFile(pathOrUrl, cacheDir) : await fileOnDisk(pathOrUrl);
  const data = await readSquadFile({
    name: pathOrUrl,
    size: blob.size,
    arrayBuffer: () => blob.arrayBuffer(),
  });
  tellOf(pathOrUrl, data);
  return data;
}

const isAddress = (pathOrUrl: string) => /^https?:\/\//i.test(pathOrUrl);

/** What is known of where a data file comes from: JSQuAD's public home, or the README.md beside it. */
export async function originOfFile(pathOrUrl: string): Promise<DataOrigin | undefined> {
  if (isAddress(pathOrUrl)) return originOf(pathOrUrl);
  const readme = await readFile(join(dirname(pathOrUrl), 'README.md')).catch(() => undefined);
  const { license } = readCardHeader(readme);
  return license.length > 0 ? { licence: license.join(', ') } : undefined;
}

async function fileOnDisk(path: string): Promise<Blob> {
  const about = await stat(path).catch(() => null);
  if (!about?.isFile()) throw new ManabiError('data-file-missing', path);
  return openAsBlob(path);
}

async function fetchFile(url: string, cacheDir: string): Promise<Blob> {
  const bar = downloadBar(process.stdout);
  const name = url.slice(url.lastIndexOf('/') + 1);
  return cacheDownloads(cacheDir)(url, {
    onProgress: (loaded, total) => bar.draw(name, loaded, total),
  }).finally(() => bar.end());
}

/** The form in one line, and the rows that are left out by reason. */
function tellOf(path: string, data: SquadData): void {
  const { questions, withoutAnswer, excluded } = describeSquad(data);
  const none = withoutAnswer > 0 ? `, ${withoutAnswer} without an answer` : '';
  console.log(`${path}: ${describeForm(data, 'en')} (${questions} questions${none})`);
  for (const [reason, count] of Object.entries(excluded)) {
    const rows = data.excluded.filter((row) => row.reason === reason);
    const { reason: text, remedy } = exclusionTexts[rows[0].reason];
    console.log(`  ${count} left out: ${text.en}. ${remedy.en}`);
    for (const row of rows.slice(0, SHOWN_ROWS)) {
      console.log(
        `    ${[row.place, row.id, exclusionHint(row, 'en')].filter((part) => part !== '').join('  ')}`,
      );
    }
  }
}
