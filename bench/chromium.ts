// npm run bench -- --chromium: the built-in model's steps in the browser that people use, not in Node.
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { chromiumArgs, chromiumPath } from '../e2e/browser.mjs';
import type { PageMeasure } from './in-page.ts';
import { configJson } from './sizes.ts';

/** One measurement per length, on a page of its own, so that one's pipelines do not help the next. */
export async function measureInChromium(B: number, tokens: readonly number[]): Promise<PageMeasure[]> {
  const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
  await server.listen();
  const browser = await chromium.launch({
    executablePath: chromiumPath() ?? undefined,
    args: chromiumArgs,
  });
  try {
    const [origin] = server.resolvedUrls?.local ?? [];
    const measured: PageMeasure[] = [];
    for (const N of tokens) {
      const page = await browser.newPage();
      const blank = `${origin}bench/blank`;
      await page.route(blank, (route) => route.fulfill({ contentType: 'text/html', body: '' }));
      await page.goto(blank);
      // Text, so that no tool rewrites the import.
      const module = `import('/bench/in-page.ts')`;
      const values = JSON.stringify([configJson('tiny'), B, N]);
      measured.push(await page.evaluate(`${module}.then(({ measureHere }) => measureHere(...${values}))`));
      await page.close();
    }
    return measured;
  } finally {
    await browser.close();
    await server.close();
  }
}
