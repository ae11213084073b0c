// Pictures of the page's states for docs/states/, to be looked at. With the page served: node tools/picture-states.mjs [URL]
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright';
import { chromiumArgs, chromiumPath } from '../e2e/browser.mjs';

const [url = 'http://localhost:4173/'] = process.argv.slice(2);
const looks = [
  { width: 390, locale: 'en-US', colorScheme: 'dark' },
  { width: 1440, locale: 'ja-JP', colorScheme: 'light' },
];
const few = { max_train_samples: '200', max_eval_samples: '12', num_train_epochs: '1' };

const browser = await chromium.launch({ executablePath: chromiumPath() ?? undefined, args: chromiumArgs });
mkdirSync('docs/states', { recursive: true });
for (const { width, locale, colorScheme } of looks) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, locale, colorScheme });
  const picture = async (state, fullPage = true) => {
    const name = `${width}-${locale.slice(0, 2)}-${colorScheme}-${state}`;
    await page.screenshot({ path: `docs/states/${name}.jpg`, quality: 20, fullPage });
  };
  await page.goto(url);
  await page.locator('.runs, #runs').first().waitFor();
  await page.locator('[data-time=expected]').waitFor();
  for (const [name, value] of Object.entries(few)) await page.getByLabel(name).fill(value);
  await page.locator('#start').click();
  await page.locator('.figures').waitFor({ timeout: 300_000 });
  await page.locator('#training').scrollIntoViewIfNeeded();
  await picture('training', false);
  await page.locator('.dock.done').waitFor({ timeout: 300_000 });
  await page.locator('.example').click();
  await page.locator('.answers li').first().waitFor({ timeout: 60_000 });
  await picture('finished');
  await page.reload();
  await page.locator('.runs li button').first().click({ timeout: 60_000 });
  await page.locator('.table tbody tr').first().waitFor({ timeout: 60_000 });
  await page
    .locator('.drop input')
    .first()
    .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{') });
  await page.getByLabel('learning_rate').fill('-1');
  await page.getByRole('alert').first().waitFor();
  await picture('opened-with-errors');
  await page.close();
}
await browser.close();
