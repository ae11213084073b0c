import { expect, test } from '@playwright/test';
import { chromiumPath } from './browser.mjs';
import { openPage } from './page.ts';

// A browser as it is without a GPU: WebGPU finds no adapter.
test.use({ launchOptions: { executablePath: chromiumPath() ?? undefined, args: ['--no-sandbox'] } });

test('without WebGPU the first button works at once, and the page says what it computes on', async ({
  page,
}) => {
  await page.goto('/');
  const settings = { max_train_samples: '8', max_eval_samples: '2', num_train_epochs: '1' };
  for (const [name, value] of Object.entries(settings)) await page.getByLabel(name).fill(value);
  await page.getByRole('button', { name: 'サンプルで試す' }).click();
  await expect(page.locator('[data-before=Accuracy]')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.locator('[data-device]')).toHaveText(/^CPU · \d+ スレッド · [1-9]\d* GFLOPS$/);
  await expect(page.locator('.runs li').first()).toContainText('CPU で学習');
});

test('without WebGPU the CPU evaluates, and the page says how to get a GPU', async ({ page }) => {
  await openPage(page, { max_train_samples: '8', max_eval_samples: '2' });
  await expect(page.locator('.badge')).toContainText('CPU');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByText('本物の GPU を使うには').click();
  await expect(page.getByText('chrome://gpu')).toBeVisible();
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(2, { timeout: 60_000 });
});
