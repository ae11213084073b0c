// What the page shows, asks and saves is of one model: that of its results.
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { openPage } from './page.ts';

async function open(page: Page, train: string): Promise<void> {
  await openPage(page, { max_train_samples: train, max_eval_samples: '4', num_train_epochs: '1' });
}

async function train(page: Page): Promise<void> {
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.locator('[data-before=Accuracy]')).toBeVisible({ timeout: 60_000 });
}

async function saved(page: Page, button: string): Promise<Record<string, Uint8Array>> {
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }),
    page.getByRole('button', { name: button }).click(),
  ]);
  return unzipSync(new Uint8Array(readFileSync(await download.path())));
}

const weights = async (page: Page) => Buffer.from((await saved(page, 'モデル（.zip）'))['model.safetensors']);

test('the trained model is saved after a cancelled scoring of the chosen one, with its own rows, and without its run', async ({
  page,
}) => {
  await open(page, '8');
  await train(page);
  const trained = await weights(page);
  const rows = (await saved(page, 'Python で続ける（.zip）'))['features.safetensors'];

  await page.getByLabel('max_eval_samples').fill('200');
  await page.getByLabel('max_train_samples').fill('24');
  await page.getByRole('button', { name: '学習前の manabi-small を採点' }).click();
  await expect(page.getByText('評価しています')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: '取り消す' }).click();
  await expect(page.getByText('取り消しました')).toBeVisible({ timeout: 60_000 });
  expect((await weights(page)).equals(trained)).toBe(true);
  expect((await saved(page, 'Python で続ける（.zip）'))['features.safetensors']).toEqual(rows);

  const run = page.locator('.runs li').first();
  await run.getByRole('button', { name: '削除' }).click();
  await run.getByRole('button', { name: '本当に削除' }).click();
  await expect(page.getByRole('button', { name: 'Python で続ける（.zip）' })).toHaveCount(0);
  expect((await weights(page)).equals(trained)).toBe(true);
});

test('a closed tab throws a run back to its checkpoint, and the page says how far it is', async ({
  page,
}) => {
  await open(page, '96');
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.locator('.figures')).toContainText(/[1-9] \/ 12/, { timeout: 60_000 });
  await page.reload();
  const run = page.locator('.runs li').first();
  await expect(run).toContainText('0 / 12', { timeout: 60_000 });
  await run.getByRole('button', { name: /^開/ }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(4, { timeout: 60_000 });
  const card = Buffer.from((await saved(page, 'モデル（.zip）'))['README.md']).toString();
  expect(card).toContain('Trained for 0 of 12 steps.');
  await expect(page.locator('.figures')).toHaveCount(0);
});

test('weights that are no numbers are not saved', async ({ page }) => {
  await open(page, '16');
  await page.getByLabel('learning_rate').fill('1e38');
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.getByRole('alert')).toContainText('数値でなくなりました', { timeout: 60_000 });
  await expect(page.locator('.dock.done')).toHaveClass(/bad/);
  await expect(page.locator('.runs li').first()).toContainText('発散しました');
  const file = await weights(page);
  const values = new Float32Array(new Uint8Array(file.subarray(8 + Number(file.readBigUInt64LE(0)))).buffer);
  expect(values.some(Number.isNaN)).toBe(false);
});

test('another seed makes another head, whose answers take the place of those before', async ({ page }) => {
  await open(page, '8');
  const folder = join(mkdtempSync(join(tmpdir(), 'manabi-')), 'headless');
  cpSync('public/model', folder, { recursive: true });
  await page.getByLabel('フォルダーを選ぶ').setInputFiles(folder);
  await expect(page.getByText('新しく作った重み：')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(4, { timeout: 60_000 });
  const first = await weights(page);
  await page.getByRole('textbox', { name: '文章' }).fill('学び橋は1974年に完成した橋である。');
  await page.getByRole('textbox', { name: '質問', exact: true }).fill('学び橋はいつ完成したか。');
  await page.getByRole('button', { name: '答えを探す' }).click();
  await expect(page.locator('.answers li')).not.toHaveCount(0, { timeout: 60_000 });

  await page.getByText('くわしい設定').click();
  await page.getByLabel('seed').fill('7');
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.answers li')).toHaveCount(0, { timeout: 60_000 });
  await expect(page.getByText('評価が終わりました')).toBeVisible({ timeout: 60_000 });
  expect((await weights(page)).equals(first)).toBe(false);
});

/** Presses 取り消す as soon as the phase begins, which may be over in an instant. */
function cancelAt(page: Page, phase: string): Promise<void> {
  return page.evaluate((phase) => {
    const observer = new MutationObserver(() => {
      const dock = document.querySelector('.dock');
      if (!dock?.querySelector('.phase')?.textContent?.includes(phase)) return;
      observer.disconnect();
      [...dock.querySelectorAll('button')].find(({ textContent }) => textContent === '取り消す')?.click();
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  }, phase);
}

/** As if the only run had been trained with fp16, on a GPU. */
function makeHalf(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('manabi');
        opening.addEventListener('success', () => {
          const tx = opening.result.transaction('runs', 'readwrite');
          const reading = tx.objectStore('runs').getAll();
          reading.addEventListener('success', () => {
            const [run] = reading.result as { args: { fp16: boolean } }[];
            run.args.fp16 = true;
            tx.objectStore('runs').put(run);
          });
          tx.addEventListener('error', () => reject(tx.error));
          tx.addEventListener('complete', () => {
            opening.result.close();
            resolve();
          });
        });
      }),
  );
}

test('a run whose opening is cancelled, or fails, leaves what is shown and what answers together', async ({
  page,
}) => {
  await open(page, '8');
  await page.getByLabel('フォルダーを選ぶ').setInputFiles('src/parity/fixtures/models/qa-trained');
  const model = page.getByRole('region', { name: 'モデル', exact: true });
  await expect(model).toContainText('41,730 パラメーター');
  await train(page);

  await page.reload();
  const run = page.locator('.runs li').first();
  await cancelAt(page, 'モデルを読み込んでいます');
  await run.getByRole('button', { name: '開く' }).click();
  await expect(page.getByText('取り消しました')).toBeVisible({ timeout: 60_000 });
  await expect(run).not.toHaveAttribute('aria-current');
  await run.getByRole('button', { name: '開く' }).click();
  await expect(run).toHaveAttribute('aria-current', 'true', { timeout: 60_000 });
  const card = Buffer.from((await saved(page, 'モデル（.zip）'))['README.md']).toString();
  expect(card).toContain('# qa-trained, fine-tuned');
  // The chosen model is the built-in one.
  await expect(model).not.toContainText('41,730');

  await page.getByRole('button', { name: '選んだモデルに戻る' }).click();
  await page.getByLabel('max_eval_samples').fill('4');
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.getByText('評価が終わりました')).toBeVisible({ timeout: 60_000 });
  await makeHalf(page);
  await run.getByRole('button', { name: '開く' }).click();
  await expect(page.getByRole('alert')).toContainText('fp16', { timeout: 60_000 });
  await expect(page.locator('.table tbody tr')).toHaveCount(4);
  await page.getByRole('textbox', { name: '文章' }).fill('学び橋は1974年に完成した橋である。');
  await page.getByRole('textbox', { name: '質問', exact: true }).fill('学び橋はいつ完成したか。');
  await page.getByRole('button', { name: '答えを探す' }).click();
  await expect(page.locator('.answers li')).not.toHaveCount(0, { timeout: 60_000 });
});
