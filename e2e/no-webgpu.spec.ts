import { expect, test } from '@playwright/test';
import { chromiumPath } from './browser.mjs';

// A browser as it is without a GPU: WebGPU finds no adapter.
test.use({ launchOptions: { executablePath: chromiumPath() ?? undefined, args: ['--no-sandbox'] } });

test('without WebGPU the page says what to do and goes on with the CPU', async ({ page }) => {
  await page.goto('/');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('WebGPU', { timeout: 60_000 });
  await page.getByRole('button', { name: 'CPU で続ける' }).click();
  await expect(page.locator('.badge')).toContainText('CPU');
  await expect(alert).toHaveCount(0);
  await page.getByLabel('max_train_samples').fill('8');
  await page.getByLabel('max_eval_samples').fill('2');
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(2, { timeout: 60_000 });
});
