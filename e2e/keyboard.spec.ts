import { statSync } from 'node:fs';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { openPage } from './page.ts';

const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document;
    return activeElement === document.body ? 'body' : (activeElement?.textContent?.trim() ?? '');
  });

test('the focus goes to the bar at the start, stays there, and comes to the result; Escape closes', async ({
  page,
}) => {
  await openPage(page, { max_train_samples: '64', max_eval_samples: '4', num_train_epochs: '1' });
  await page.getByRole('button', { name: '学習を始める' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.dock button').first()).toBeFocused();
  const pause = page.getByRole('button', { name: '一時停止' });
  await expect(pause).toBeFocused({ timeout: 60_000 });
  await page.keyboard.press('Enter');
  const resume = page.getByRole('button', { name: '再開' });
  await expect(resume).toBeFocused({ timeout: 60_000 });
  await page.keyboard.press('Enter');
  await expect(pause).toBeFocused({ timeout: 60_000 });
  await expect(page.locator('.dock.done')).toBeVisible({ timeout: 120_000 });
  await expect(page.locator('#results')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('.dock.done')).toHaveCount(0);
  expect(await focused(page)).not.toBe('body');

  // Escape takes a question back, and the focus stays where it was asked.
  const remove = page.locator('.runs li').first().getByRole('button', { name: '削除' });
  await remove.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: '本当に削除' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(remove).toBeFocused();
});

test('short work gives the focus back to what was pressed, and the first Tab skips to the content', async ({
  page,
}) => {
  await openPage(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: '本文へ' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();

  await page.getByRole('button', { name: 'モデル（.zip）' }).focus();
  const download = page.waitForEvent('download', { timeout: 60_000 });
  await page.keyboard.press('Enter');
  await download;
  await expect(page.getByRole('button', { name: 'モデル（.zip）' })).toBeFocused();
});

test('from the empty page to the saved model with the keyboard alone', async ({ page }) => {
  await openPage(page);
  /** Presses Tab until it is there. */
  const tabTo = async (target: Locator) => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      expect(await focused(page)).not.toBe('body');
      if (await target.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error('no Tab comes to it');
  };
  const settings = { max_train_samples: '16', max_eval_samples: '4', num_train_epochs: '1' };
  for (const [name, value] of Object.entries(settings)) {
    await tabTo(page.getByLabel(name));
    await page.keyboard.press('Control+A');
    await page.keyboard.type(value);
  }
  await tabTo(page.getByRole('button', { name: '学習を始める' }));
  await page.keyboard.press('Enter');
  await expect(page.locator('.dock button').first()).toBeFocused();
  await expect(page.locator('#results')).toBeFocused({ timeout: 120_000 });
  await tabTo(page.getByRole('button', { name: 'モデル（.zip）' }));
  const download = page.waitForEvent('download', { timeout: 60_000 });
  await page.keyboard.press('Enter');
  const zip = await (await download).path();
  expect(statSync(zip).size).toBeGreaterThan(1_000_000);
});
