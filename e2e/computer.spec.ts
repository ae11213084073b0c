import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

test('the page measures what it can compute on, tells how long a run takes on each, and computes on what a person chooses', async ({
  page,
}) => {
  await openPage(page);
  // A processor that plays GPU is told by its speed.
  await expect(page.locator('[data-device]')).toHaveText(/^CPU · \d+ スレッド · [1-9]\d* GFLOPS$/);
  const computer = page.getByRole('region', { name: 'このコンピューター' });
  for (const machine of ['webgpu', 'cpu']) {
    await expect(computer.locator(`[data-rate="${machine} products"]`)).toHaveText(/^[\d.]+ GFLOPS$/);
  }
  await expect(page.locator('[data-run-seconds]')).toContainText(/CPU \d+:\d\d · GPU \d+:\d\d/);

  const threads = computer.getByLabel('CPU のスレッド数');
  await threads.fill('1');
  await threads.press('Enter');
  await expect(page.locator('[data-device]')).toContainText('1 スレッド', { timeout: 60_000 });
  await page.reload();
  await expect(page.locator('[data-device]')).toContainText('1 スレッド', { timeout: 60_000 });

  await computer.getByText('測定結果の全文').click();
  const report = computer.locator('pre');
  await expect(report).toContainText('isolated: true');
  await expect(report).toContainText(/maxBufferSize: \d+/);
  await expect(report).toContainText(/cpu estimated, base, 8 x 128: [\d.]+ examples\/s/);

  await computer.getByLabel('GPU（このページの計算）').check();
  await expect(page.locator('.badge')).toContainText(/swiftshader/i, { timeout: 60_000 });
  await computer.getByLabel('速いものを自動で選ぶ').check();
  await expect(page.locator('.badge')).toContainText('CPU', { timeout: 60_000 });
});
