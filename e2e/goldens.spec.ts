import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

const golden = '../shared/golden';

interface GoldenRow {
  kind: string;
  id: string;
  answers: { answer: string; score: number }[];
}
interface Squad {
  data: { paragraphs: { qas: { id: string }[] }[] }[];
}

// The recorded answers are not part of a clone.
test.skip(!existsSync(golden), 'no ../shared');

test('the trained model answers JSQuAD on the page as the reference pipeline does', async ({ page }) => {
  const rows = gunzipSync(readFileSync(`${golden}/pipeline/answers.jsonl.gz`))
    .toString()
    .trim()
    .split('\n');
  const wanted = new Map<string, GoldenRow['answers'][0]>();
  for (const row of rows.map((line) => JSON.parse(line) as GoldenRow)) {
    if (row.kind === 'seed') wanted.set(row.id, row.answers[0]);
  }
  const squad = JSON.parse(readFileSync('../shared/jsquad/valid-v1.3.json', 'utf8')) as Squad;
  for (const { paragraphs } of squad.data) {
    for (const paragraph of paragraphs) paragraph.qas = paragraph.qas.filter(({ id }) => wanted.has(id));
  }
  const file = join(mkdtempSync(join(tmpdir(), 'manabi-golden-')), 'valid-v1.3.json');
  writeFileSync(file, JSON.stringify(squad));

  await openPage(page);
  await page.getByLabel('評価データ ファイルを選ぶ').setInputFiles(file);
  await page.getByLabel('フォルダーを選ぶ').setInputFiles(`${golden}/models/qa-trained`);
  await expect(page.getByRole('region', { name: 'モデル', exact: true })).toContainText('qa-trained');
  await page.getByLabel('max_train_samples').fill('8');
  await page.getByLabel('max_eval_samples').fill('');
  await page.getByRole('button', { name: '評価する' }).click();
  const save = page.getByRole('button', { name: 'CSV を保存' });
  await expect(save).toBeVisible({ timeout: 10 * 60_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
  const found = readCsv(readFileSync(await download.path(), 'utf8'));
  expect(found.length).toBe(wanted.size);
  for (const { id, pred_answer, prob } of found) {
    expect(pred_answer, id).toBe(wanted.get(id)?.answer);
    expect(Math.abs(Number(prob) - (wanted.get(id)?.score ?? NaN)), id).toBeLessThan(1e-4);
  }
});

/** Rows of a CSV by the names in its first line; cells with commas, quotes and line ends are quoted. */
function readCsv(text: string): Record<string, string>[] {
  const lines = [...text.replace('\uFEFF', '').matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,|(?=\r\n)))+/g)];
  const cells = (line: string) =>
    [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
    );
  const [names, ...rows] = lines.map(([line]) => cells(line)).filter((line) => line.length > 1);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}
