import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

/** Chromium's IndexedDB goes by what it last learned of the room that is left for so long. */
const ROOM_IS_KNOWN_MS = 31_000;

test('a full disk is told at the start of a run, which begins once there is room', async ({ page }) => {
  await openPage(page, { max_train_samples: '8', max_eval_samples: '2' });
  await page.getByRole('button', { name: '評価する' }).click();
  const rows = page.locator('.table tbody tr');
  await expect(rows).toHaveCount(2, { timeout: 60_000 });

  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 10_000 });
  await page.waitForTimeout(ROOM_IS_KNOWN_MS);
  await page.getByRole('button', { name: '学習を始める' }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('保存領域が足りません', { timeout: 60_000 });
  await expect(page.locator('.runs li')).toHaveCount(0);
  await expect(page.getByLabel('max_train_samples')).toHaveValue('8');

  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await page.waitForTimeout(ROOM_IS_KNOWN_MS);
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.locator('.runs li').first()).toContainText('完了', { timeout: 120_000 });
  await expect(alert).toHaveCount(0);
});

test('a disk that fills up in mid-run costs the checkpoint, not the training', async ({ page }) => {
  await openPage(page, { max_train_samples: '8', max_eval_samples: '2', num_train_epochs: '1' });
  // Room for what the run begins with, not for a checkpoint with moments.
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 16e6 });
  await page.waitForTimeout(ROOM_IS_KNOWN_MS);
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.getByText('学習が終わりました')).toBeVisible({ timeout: 120_000 });
  await expect(page.locator('.table tbody tr')).toHaveCount(2);
  await expect(page.getByText(/^manabi-small · train\.json: 保存領域が足りません/).first()).toBeVisible();
  // The store holds what the run began with: it is not finished there.
  await expect(page.locator('.runs li').first()).toContainText('停止');
  await expect(page.locator('.runs li').first()).toContainText('0 / 1');
});
