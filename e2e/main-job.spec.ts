import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';

/** Opens the page and gives the addresses that it asks for. */
async function open(page: Page): Promise<string[]> {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'サンプルで試す' })).toBeEnabled({ timeout: 60_000 });
  return asked;
}

function tensorNames(safetensors: Uint8Array): string[] {
  const header = new DataView(safetensors.buffer, safetensors.byteOffset);
  const length = Number(header.getBigUint64(0, true));
  const text = new TextDecoder().decode(safetensors.subarray(8, 8 + length));
  return Object.keys(JSON.parse(text) as object);
}

test('one press on the sample trains a model, shows its answers and gives the weights', async ({ page }) => {
  const asked = await open(page);
  await page.getByRole('button', { name: 'サンプルで試す' }).click();
  const before = page.locator('[data-before=Accuracy]');
  await expect(before.or(page.getByRole('alert'))).toBeVisible({ timeout: 6 * 60_000 });
  expect(await page.getByRole('alert').allTextContents()).toEqual([]);
  const score = async (found: typeof before) => Number.parseFloat((await found.textContent()) ?? '');
  expect(await score(before)).toBeLessThan(5);
  expect(await score(page.locator('[data-score=Accuracy]'))).toBeGreaterThanOrEqual(45);
  await expect(page.locator('.legend')).toContainText('200 行');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'モデル（.zip）' }).click(),
  ]);
  const zip = unzipSync(new Uint8Array(readFileSync(await download.path())));
  expect(Object.keys(zip)).toEqual(
    expect.arrayContaining(['model.safetensors', 'config.json', 'tokenizer.json', 'spm.model', 'README.md']),
  );
  expect(tensorNames(zip['model.safetensors'])).toContain('qa_outputs.weight');
  // Nothing left this computer.
  const { origin } = new URL(page.url());
  expect(asked.filter((url) => !url.startsWith(origin) && !/^(blob|data):/.test(url))).toEqual([]);
});

test('on WebGPU a run goes on after a reload in its middle', async ({ page }) => {
  await open(page);
  await page.getByText('本物の GPU を使うには').click();
  await page.getByRole('button', { name: 'それでも WebGPU を使う' }).click();
  await expect(page.locator('.badge')).toContainText(/swiftshader/i);
  await page.getByText('くわしい設定').click();
  await page.getByLabel('per_device_train_batch_size').fill('2');
  await page.getByLabel('max_train_samples').fill('4');
  await page.getByLabel('max_eval_samples').fill('2');
  await page.getByLabel('num_train_epochs').fill('2');
  await page.getByRole('button', { name: 'サンプルで試す' }).click();
  const figures = page.locator('.figures');
  // The checkpoint of the first epoch is on the disk when the step after it is shown.
  const run = page.locator('.runs li').first();
  await expect(figures).toContainText(/3 \/ 4/, { timeout: 3 * 60_000 });
  // A closed tab would throw the run back to that checkpoint: the browser asks.
  const asked: string[] = [];
  page.once('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  expect(asked).toEqual(['beforeunload']);
  await expect(run).toContainText('停止', { timeout: 60_000 });
  await run.getByRole('button', { name: '続ける' }).click();
  await expect(run).toContainText('完了', { timeout: 3 * 60_000 });
  await expect(page.locator('.badge')).toContainText(/swiftshader/i);
  await expect(figures).toContainText('4 / 4');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Python で続ける（.zip）' }).click(),
  ]);
  const zip = unzipSync(new Uint8Array(readFileSync(await download.path())));
  expect(Object.keys(zip)).toEqual(
    expect.arrayContaining([
      'continue_training.py',
      'checkpoint-4/optimizer.pt',
      'checkpoint-4/trainer_state.json',
    ]),
  );
  await run.getByRole('button', { name: '削除' }).click();
  await run.getByRole('button', { name: '本当に削除' }).click();
  await expect(page.locator('.runs li')).toHaveCount(0);
});
