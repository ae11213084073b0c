import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { unzipSync } from 'fflate';

test('one press on the sample trains a model, shows its answers and gives the weights', async ({ page }) => {
  const outside: string[] = [];
  page.on('request', (request) => {
    if (!/^(http:\/\/localhost:4199|blob:|data:)/.test(request.url())) outside.push(request.url());
  });
  await page.goto('/');
  const start = page.getByRole('button', { name: 'サンプルで試す' });
  await expect(start).toBeEnabled({ timeout: 60_000 });
  await page.getByLabel('max_train_samples').fill('64');
  await page.getByLabel('max_eval_samples').fill('12');
  await page.getByLabel('num_train_epochs').fill('2');
  await start.click();
  const scoreBefore = page.locator('[data-before=Accuracy]');
  await expect(scoreBefore.or(page.getByRole('alert'))).toBeVisible({ timeout: 8 * 60_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(Number.parseFloat((await scoreBefore.textContent()) ?? '')).toBeLessThan(5);
  // 16 steps are too few for exact answers; the loss falls from ln(96 positions) = 4.6 at once.
  await expect(page.locator('.figures')).toContainText('16 / 16');
  const loss = page.locator('.figures div', { hasText: '損失' }).locator('dd');
  expect(Number(await loss.textContent())).toBeLessThan(4.4);
  await expect(page.locator('tbody tr')).toHaveCount(12);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'モデルを保存' }).click(),
  ]);
  const zip = unzipSync(new Uint8Array(readFileSync(await download.path())));
  expect(Object.keys(zip)).toEqual(
    expect.arrayContaining(['model.safetensors', 'config.json', 'tokenizer.json', 'spm.model', 'README.md']),
  );
  const header = new DataView(zip['model.safetensors'].buffer, zip['model.safetensors'].byteOffset);
  const names = JSON.parse(
    new TextDecoder().decode(zip['model.safetensors'].subarray(8, 8 + Number(header.getBigUint64(0, true)))),
  ) as Record<string, unknown>;
  expect(names).toHaveProperty(['qa_outputs.weight']);
  expect(outside).toEqual([]);
});
