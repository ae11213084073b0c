import { expect, test } from '@playwright/test';
import { chromiumPath } from './browser.mjs';
import { openPage } from './page.ts';

// Without any adapter, so that the page computes on the processor.
test.use({ launchOptions: { executablePath: chromiumPath() ?? undefined, args: ['--no-sandbox'] } });

/** What the page is told of the browser's language, and the one that it speaks then. */
const languages = [
  ['C', 'en'],
  ['', 'en'],
  [undefined, 'en'],
  ['jam', 'en'],
  ['ja-JP-u-ca-japanese', 'ja'],
] as const;

for (const [told, spoken] of languages) {
  test(`with the browser's language ${JSON.stringify(told)} the page is whole, its chart too`, async ({
    page,
  }) => {
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.addInitScript(
      (value) => Object.defineProperty(Navigator.prototype, 'language', { get: () => value }),
      told,
    );
    await openPage(page, { max_train_samples: '8', max_eval_samples: '1', num_train_epochs: '1' });
    await expect(page.locator('html')).toHaveAttribute('lang', spoken);
    await page.locator('.hero .primary').click();
    await expect(page.locator('canvas')).toBeVisible({ timeout: 60_000 });
    await expect(page.locator('.table tbody tr')).toHaveCount(1, { timeout: 60_000 });
    expect(errors).toEqual([]);
  });
}

// 'page-incomplete'
test('a worker that cannot be loaded is told; the page does not wait for it', async ({ page }) => {
  await page.route(/trainer\.worker/, (route) => route.abort());
  await page.goto('/');
  const told = page.getByRole('alert');
  await expect(told).toContainText('ワーカー', { timeout: 30_000 });
  await expect(page.getByText('GPU を探しています')).toHaveCount(0);
});
