// One model answers, is evaluated and is saved, and the page names it everywhere; a run is shown with what it was made of.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { openPage } from './page.ts';

const current = (page: Page) => page.locator('[data-current-model]');
const chart = (page: Page) => page.locator('[data-steps]');

async function weights(page: Page): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }),
    page.getByRole('button', { name: 'モデル（.zip）' }).click(),
  ]);
  return Buffer.from(unzipSync(new Uint8Array(readFileSync(await download.path())))['model.safetensors']);
}

/** The first questions of the sample's evaluation file, under another name. */
function ownEvaluation(questions: number): string {
  interface Squad {
    data: { paragraphs: { qas: unknown[] }[] }[];
  }
  const squad = JSON.parse(readFileSync('public/sample/valid.json', 'utf8')) as Squad;
  let left = questions;
  for (const { paragraphs } of squad.data) {
    for (const paragraph of paragraphs) {
      paragraph.qas = paragraph.qas.slice(0, left);
      left -= paragraph.qas.length;
    }
  }
  const path = join(mkdtempSync(join(tmpdir(), 'manabi-current-')), 'mine.json');
  writeFileSync(path, JSON.stringify(squad));
  return path;
}

test('the trained model is evaluated on another file and saved; the untrained one is scored by its own name', async ({
  page,
}) => {
  await openPage(page, { max_train_samples: '16', max_eval_samples: '4', num_train_epochs: '1' });
  await expect(current(page).first()).toContainText('manabi-small 学習前');
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.locator('[data-before=Accuracy]')).toBeVisible({ timeout: 120_000 });
  await expect(current(page)).toHaveCount(3);
  for (const place of await current(page).all()) await expect(place).toContainText('ステップ 2 / 2');
  const trained = await weights(page);

  await page.getByLabel('評価データ ファイルを選ぶ').setInputFiles(ownEvaluation(3));
  await expect(page.getByRole('region', { name: 'データ', exact: true })).toContainText('mine.json');
  await page.getByRole('button', { name: '評価する' }).click();
  const answers = page.getByRole('group', { name: 'どの答えを見るか' });
  await expect(answers.getByRole('button', { name: 'manabi-small（mine.json）' })).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.locator('.table tbody tr')).toHaveCount(3);
  // The trained results stay.
  await answers.getByRole('button', { name: '学習後の答え' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(4);

  await page.getByRole('button', { name: '学習前の manabi-small を採点' }).click();
  const base = answers.getByRole('button', { name: '学習前の manabi-small（mine.json）' });
  await expect(base).toBeVisible({ timeout: 60_000 });
  await expect(current(page).first()).toContainText('ステップ 2 / 2');
  expect((await weights(page)).equals(trained)).toBe(true);
});

test('an opened run brings its chart, figures, data and settings, and leaves the form as it was typed', async ({
  page,
}) => {
  await openPage(page, { max_train_samples: '32', max_eval_samples: '4', num_train_epochs: '2' });
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.locator('[data-before=Accuracy]')).toBeVisible({ timeout: 120_000 });
  await expect(chart(page)).toHaveAttribute('data-steps', '1 8');
  const duration = page.locator('dl', { hasText: '学習時間' }).first();
  await expect(duration).toContainText(/0:\d\d/);

  await page.reload();
  await openPage(page, { max_train_samples: '7', learning_rate: '0.0003' });
  await page.getByLabel('学習データ ファイルを選ぶ').setInputFiles(ownEvaluation(5));
  await page.locator('.runs li').first().getByRole('button', { name: '開く' }).click();
  const run = page.getByRole('article', { name: /^manabi-small/ });
  await expect(run).toBeVisible({ timeout: 60_000 });
  // The range that is drawn, not one dot between 0 and 1, and losses between which the values lie.
  await expect(chart(page)).toHaveAttribute('data-steps', '1 8');
  const [low, high] = ((await chart(page).getAttribute('data-losses')) ?? '').split(' ').map(Number);
  expect(high).toBeGreaterThan(2);
  expect(low).toBeLessThan(high);
  const figures = page.locator('.figures');
  await expect(figures).toContainText('8 / 8');
  await expect(figures).toContainText('2.00');
  await expect(figures).toContainText('学習率');
  await expect(run).toContainText('train.json（学習 32 問）');
  await expect(run).toContainText(/学習時間\s*0:\d\d/);
  await run.getByText('この学習の設定').click();
  await expect(run.getByRole('listitem').filter({ hasText: 'max_train_samples' })).toContainText('32');
  // What was typed and chosen is still there.
  await expect(page.getByLabel('max_train_samples')).toHaveValue('7');
  await expect(page.getByLabel('learning_rate')).toHaveValue('0.0003');
  await expect(page.getByRole('region', { name: 'データ', exact: true })).toContainText('mine.json');

  await run.getByRole('button', { name: '追加で学習する' }).click();
  await expect(page.locator('.runs li').first()).toContainText('12 / 12', { timeout: 120_000 });
  await expect(page.getByText('学習が終わりました')).toBeVisible({ timeout: 60_000 });
  await expect(chart(page)).toHaveAttribute('data-steps', '1 12');

  await run.getByRole('button', { name: 'この設定でもう一度' }).click();
  await expect(page.getByLabel('max_train_samples')).toHaveValue('32');
  await expect(page.getByLabel('num_train_epochs')).toHaveValue('3');
  await expect(page.getByRole('button', { name: '学習を始める' })).toBeFocused();
  await run.getByRole('button', { name: '選んだモデルに戻る' }).click();
  await expect(current(page).first()).toContainText('manabi-small 学習前');
});

test('a run that diverged is called so, with what to try, and is marked in the list', async ({ page }) => {
  await openPage(page, {
    max_train_samples: '64',
    max_eval_samples: '4',
    num_train_epochs: '1',
    learning_rate: '3',
  });
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.locator('.dock.done')).toBeVisible({ timeout: 120_000 });
  await expect(page.locator('.dock.done')).toHaveClass(/bad/);
  await expect(page.locator('.runs li').first()).toContainText('発散しました');
  await page.getByRole('button', { name: 'learning_rate 0.6 で設定し直す' }).click();
  await expect(page.getByLabel('learning_rate')).toHaveValue('0.6');
});
