import { expect, test } from '@playwright/test';
import { chromiumPath } from './browser.mjs';
import { openPage } from './page.ts';

// A browser as it is without a GPU: WebGPU finds no adapter.
test.use({ launchOptions: { executablePath: chromiumPath() ?? undefined, args: ['--no-sandbox'] } });

test('without WebGPU the page goes on with the CPU at once and says how to get a GPU', async ({ page }) => {
  await openPage(page, { max_train_samples: '8', max_eval_samples: '2' });
  await expect(page.locator('.badge')).toContainText('CPU');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByText('本物の GPU を使うには').click();
  await expect(page.getByText('chrome://gpu')).toBeVisible();
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(2, { timeout: 60_000 });
});
