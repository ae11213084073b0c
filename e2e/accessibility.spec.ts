import { createRequire } from 'node:module';
import { expect, test, type Page } from '@playwright/test';
import { openPage } from './page.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** What axe finds on the page as it stands, in light and in dark. */
async function violations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const result = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run(),
    );
    for (const { id, nodes } of result.violations) {
      found.push(
        ...nodes.map(({ html, failureSummary }) => `${colorScheme} ${id}: ${html} ${failureSummary}`),
      );
    }
  }
  return found;
}

for (const [language, width] of [
  ['ja-JP', 1440],
  ['en-US', 390],
] as const) {
  test.describe(`${language} at ${width}`, () => {
    test.use({ locale: language, viewport: { width, height: 900 } });

    test('axe finds nothing wrong in any state of the page', async ({ page }) => {
      await openPage(page);
      await page.addScriptTag({ path: axe });
      expect(await violations(page), 'at the start').toEqual([]);

      const closed = page.locator('details:not([open]) > summary');
      while ((await closed.count()) > 0) await closed.first().click();
      await expect(page.locator('.question').first()).toBeVisible();
      await page.locator('input[type=checkbox]').first().check();
      await page.getByLabel('learning_rate').fill('0.9');
      await page.getByRole('textbox', { name: 'seed' }).fill('');
      await expect(page.locator('.token').first()).toBeVisible();
      expect(await violations(page), 'with all sections open and a wrong setting').toEqual([]);

      await page.getByLabel('learning_rate').fill('0.001');
      const settings = { seed: '1', max_train_samples: '96', max_eval_samples: '4', num_train_epochs: '1' };
      for (const [name, value] of Object.entries(settings)) {
        await page.getByRole('textbox', { name }).fill(value);
      }
      await page.locator('#start').click();
      await expect(page.locator('.figures')).toBeVisible({ timeout: 120_000 });
      await page.locator('.dock button').first().click();
      expect(await violations(page), 'while a run trains or pauses').toEqual([]);
      await page.locator('.dock button').first().click({ timeout: 60_000 });

      await expect(page.locator('.dock.done')).toBeVisible({ timeout: 120_000 });
      await page.locator('.example').click();
      await expect(page.locator('.answers li').first()).toBeVisible({ timeout: 60_000 });
      expect(await violations(page), 'with a run finished and a question answered').toEqual([]);

      await page
        .locator('.drop input')
        .first()
        .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{') });
      await expect(page.getByRole('alert')).toBeVisible();
      expect(await violations(page), 'with an error').toEqual([]);

      await page.reload();
      await page.locator('.runs li button').first().click({ timeout: 60_000 });
      await expect(page.locator('.table tbody tr').first()).toBeVisible({ timeout: 60_000 });
      await page.addScriptTag({ path: axe });
      expect(await violations(page), 'with a stored run opened').toEqual([]);
    });
  });
}
