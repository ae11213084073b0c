// Files as Hugging Face datasets have them, with questions that their context does not answer.
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

interface Row {
  id: string;
  question: string;
  context: string;
  answers: { text: string[]; answer_start: number[] };
}

function row(id: string, question: string, answer: string | null): Row {
  const context = '学び大橋は、青川市にある。1974年に建てられた。';
  const answers = answer
    ? { text: [answer], answer_start: [context.indexOf(answer)] }
    : { text: [], answer_start: [] };
  return { id, question, context, answers };
}

const rows = [
  row('where', 'どこにあるか。', '青川市'),
  row('when', 'いつ建てられたか。', '1974年'),
  row('who', '誰が建てたか。', null),
  row('height', '高さはどれくらいか。', null),
];
const lines = (of: Row[]) => of.map((one) => JSON.stringify(one)).join('\n');

test('the form of a file, its questions without an answer and those with no room are told, and scored apart', async ({
  page,
}) => {
  await openPage(page, { num_train_epochs: '1' });
  const data = page.getByRole('region', { name: 'データ', exact: true });
  const long = row('long', `${'とても'.repeat(400)}どこか。`, '青川市');
  const noRoom = { ...rows[0], id: 'no-context', context: '' };
  await page.getByLabel('学習データ ファイルを選ぶ').setInputFiles({
    name: 'train.jsonl.gz',
    mimeType: 'application/gzip',
    buffer: gzipSync(lines([...rows, long, noRoom])),
  });
  const train = data.getByRole('group', { name: '学習データ' });
  await expect(train).toContainText('JSON Lines (gzip)');
  await expect(train).toContainText('答えのない質問 2 問');
  await train.getByText('使えない 1 行を除外').click();
  await expect(train).toContainText('文章が空');
  await page.getByLabel('評価データ ファイルを選ぶ').setInputFiles({
    name: 'valid.jsonl',
    mimeType: 'application/jsonl',
    buffer: Buffer.from(lines(rows)),
  });
  await expect(data.getByRole('group', { name: '評価データ' })).toContainText('valid.jsonl');

  await page.getByRole('button', { name: '学習を始める' }).click();
  const scores = page.getByRole('region', { name: '答えのない質問を含む採点' });
  await expect(scores).toBeVisible({ timeout: 60_000 });
  await expect(page.locator('[data-before=Accuracy]')).toBeVisible({ timeout: 60_000 });
  await expect(scores.locator('tbody tr')).toHaveText([
    /すべて.*%.*%\s*4/,
    /答えのある質問.*%.*%\s*2/,
    /答えのない質問.*%.*%\s*2/,
  ]);
  await expect(scores.locator('[data-score=best_exact]')).toContainText('%');
  await expect(page.locator('.table tbody td[data-label=正解]').nth(2)).toHaveText('答えなし');
  // The settings say so, and the run stands in the list as what its preset makes of such data.
  await expect(data).toContainText('うち答えのない質問：学習 2 問、評価 2 問');
  await data.getByText('1 問はモデルに入れられず除外').click();
  await expect(data).toContainText('質問が長すぎて文章の入る場所がありません');

  // In English on a narrow screen too.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'English' }).click();
  const narrow = page.getByRole('region', { name: 'Data', exact: true });
  const training = narrow.getByRole('group', { name: 'Training data' });
  for (const text of ['JSON Lines (gzip)', '2 questions without an answer', 'Empty context']) {
    await expect(training).toContainText(text);
  }
  await expect(narrow).toContainText('too long to leave room for its context');
  await expect(
    page.getByRole('region', { name: 'Scores with questions without an answer' }).locator('tbody tr'),
  ).toHaveCount(3);
  await expect(page.locator('.table tbody td[data-label]').filter({ hasText: 'No answer' })).not.toHaveCount(
    0,
  );
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.getByRole('button', { name: '日本語' }).click();
  await page.setViewportSize({ width: 1440, height: 900 });

  // Left out on demand.
  await page.getByText('くわしい設定').click();
  await page.getByLabel('version_2_with_negative').selectOption('false');
  await page.getByRole('button', { name: 'トークン数を調べる' }).click();
  await expect(data).toContainText('学習 2 問');
  await expect(data).not.toContainText('うち答えのない質問');
});

test('a file without a question that has room says what is wrong with the first one', async ({ page }) => {
  await openPage(page);
  const long = row('long', `${'とても'.repeat(400)}どこか。`, '青川市');
  const file = { name: 'long.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(lines([long])) };
  await page.getByLabel('学習データ ファイルを選ぶ').setInputFiles(file);
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.getByRole('alert')).toContainText('long.jsonl: long: 質問が長すぎて', {
    timeout: 60_000,
  });
});
