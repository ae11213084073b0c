import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

test('a run is paused, resumed, stopped with a checkpoint, opened and continued', async ({ page }) => {
  await openPage(page, { max_train_samples: '48', max_eval_samples: '16', num_train_epochs: '1' });
  await page.getByRole('button', { name: '学習を始める' }).click();
  const pause = page.getByRole('button', { name: '一時停止' });
  await pause.click({ timeout: 60_000 });
  await expect(page.getByText('一時停止中')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: '再開' }).click();
  await expect(pause).toBeVisible();
  await page.getByRole('button', { name: '止める' }).click();
  const run = page.locator('.runs li').first();
  await expect(run).toContainText('停止', { timeout: 60_000 });
  await expect(run).not.toContainText('6 / 6');

  await run.getByRole('button', { name: '続ける' }).click();
  await expect(run).toContainText('完了', { timeout: 120_000 });
  await expect(run).toContainText('6 / 6');
  // Before its answers are there: those of the stop are not taken for them.
  await page.reload();
  await run.getByRole('button', { name: /^開/ }).click();
  await expect(page.locator('.table tbody tr')).toHaveCount(16, { timeout: 60_000 });
  await expect(page.locator('[data-before=Accuracy]')).toBeVisible({ timeout: 60_000 });
  // The trained model is the one that answers one's own question: the same as in its table.
  const cells = page.locator('.table tbody tr').first().locator('td');
  const [question, context, , predicted] = (await cells.allTextContents()).map((text) => text.trim());
  await page.getByRole('textbox', { name: '文章' }).fill(context);
  await page.getByRole('textbox', { name: '質問' }).fill(question);
  await page.getByRole('button', { name: '答えを探す' }).click();
  await expect(page.locator('.answers li strong').first()).toHaveText(predicted, { timeout: 60_000 });
});

test('an evaluation is cancelled and nothing is lost', async ({ page }) => {
  await openPage(page, { max_eval_samples: '200' });
  await page.getByRole('button', { name: '評価する' }).click();
  await expect(page.getByText('評価しています')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: '取り消す' }).click();
  await expect(page.getByText('取り消しました')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByLabel('max_eval_samples')).toHaveValue('200');
  await expect(page.getByRole('button', { name: '評価する' })).toBeEnabled();
});

test('a setting that cannot be used is said while it is typed, and a start changes nothing', async ({
  page,
}) => {
  await page.goto('/');
  // Typed while the page still looks for a GPU: the settings for a device without one do not take its place.
  await page.getByLabel('max_train_samples').fill('8');
  await expect(page.locator('.badge')).toBeVisible({ timeout: 60_000 });
  await page.getByLabel('max_eval_samples').fill('2');
  await page.getByRole('button', { name: '評価する' }).click();
  const rows = page.locator('.table tbody tr');
  await expect(rows).toHaveCount(2, { timeout: 60_000 });
  await expect(page.getByLabel('max_train_samples')).toHaveValue('8');
  await page.getByLabel('learning_rate').fill('-1');
  await expect(page.getByLabel('learning_rate')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByText('learning_rate: 値 -1 は使えません')).toBeVisible();
  await page.getByRole('button', { name: '学習を始める' }).click();
  await expect(page.getByRole('alert')).toContainText('learning_rate');
  await expect(rows).toHaveCount(2);
});

test('what was measured before the device brought its settings is not told of them', async ({ page }) => {
  let letGo = () => {};
  const measuring = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route('**/*.wasm', async (route) => {
    await measuring;
    await route.continue();
  });
  await page.goto('/');
  const measure = page.getByRole('button', { name: 'トークン数を調べる' });
  // Watched for in the page: it may be over between two looks from here.
  const tokenizing = page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        new MutationObserver(() => {
          if (document.querySelector('.phase')?.textContent?.includes('トークン化しています')) resolve();
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
  );
  await measure.click();
  await tokenizing;
  letGo();
  await expect(page.getByLabel('max_train_samples')).toHaveValue('320', { timeout: 60_000 });
  await expect(measure).toBeEnabled({ timeout: 60_000 });
});
