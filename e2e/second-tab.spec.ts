import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

test('a run that another tab trains is told so, with nothing that could not be done', async ({ page }) => {
  await openPage(page, { max_train_samples: '200', max_eval_samples: '2', num_train_epochs: '4' });
  const second = await page.context().newPage();
  await openPage(second);
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.locator('.figures')).toContainText(/[1-9]\d* \/ 100/, { timeout: 120_000 });
  const run = second.locator('.runs li').first();
  await expect(run).toContainText('別のタブで学習中', { timeout: 20_000 });
  await expect(run.getByRole('button')).toHaveCount(0);
  // In the tab that trains it, it is its own.
  await expect(page.locator('.runs li').first()).not.toContainText('別のタブ');
  await page.getByRole('button', { name: '止める' }).click();
  await expect(run.getByRole('button', { name: '続ける' })).toBeVisible({ timeout: 60_000 });
});
