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
  await page.getByRole('textbox', { name: '質問', exact: true }).fill(question);
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

test('settings that cannot be used are said at their fields, open their part and hold the start', async ({
  page,
}) => {
  await openPage(page, { max_train_samples: '8' });
  const start = page.getByRole('button', { name: '学習を始める' });
  const rate = page.getByLabel('learning_rate');

  // Unusual before it is impossible.
  await rate.fill('0.5');
  await expect(page.getByText('ふつうは 0.000001 – 0.005 です')).toBeVisible();
  await expect(start).toBeEnabled();
  await rate.fill('-1');
  await page.getByLabel('num_train_epochs').fill('1e9');
  for (const field of [rate, page.getByLabel('num_train_epochs')]) {
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  }
  await expect(start).toBeDisabled();
  await expect(page.locator('.hero .primary')).toBeDisabled();
  await expect(page.getByRole('link', { name: '使えない設定があります' }).first()).toBeVisible();

  // An empty field has one message, and a wrong field in a closed part opens it.
  await page.getByText('くわしい設定').click();
  await page.getByLabel('seed').fill('');
  await expect(page.getByText('数を入力してください')).toHaveCount(1);
  await page.getByText('くわしい設定').click();
  await page.reload();
  await expect(rate).toHaveValue('-1');
});

test('the wheel changes no number, an arrow key goes one sensible step', async ({ page }) => {
  await openPage(page);
  const rate = page.getByLabel('learning_rate');
  await rate.click();
  await page.mouse.wheel(0, -100);
  await expect(rate).toHaveValue('0.0005');
  await rate.fill('0.001');
  await rate.press('ArrowUp');
  await expect(rate).toHaveValue('0.002');
  await rate.press('ArrowDown');
  await rate.press('ArrowDown');
  await expect(rate).toHaveValue('0.0005');
});

test('a changed preset says so, and its changes outlive other presets and a reload', async ({ page }) => {
  await openPage(page);
  await page.getByRole('radio', { name: 'sample' }).check();
  await page.getByLabel('max_train_samples').fill('24');
  await expect(page.getByText('sample から値を変えています')).toBeVisible();
  await page.getByRole('radio', { name: 'sample' }).press('ArrowDown');
  await expect(page.getByLabel('max_train_samples')).toHaveValue('1000');
  await expect(page.getByText('から値を変えています')).toHaveCount(0);
  await page.getByRole('radio', { name: 'sample' }).check();
  await expect(page.getByLabel('max_train_samples')).toHaveValue('24');
  await page.reload();
  await expect(page.locator('.badge')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByLabel('max_train_samples')).toHaveValue('24');
  await expect(page.getByText('変更あり', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: '元の値に戻す' }).click();
  await expect(page.getByLabel('max_train_samples')).toHaveValue('2400');
});
