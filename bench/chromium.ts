// npm run bench -- --chromium: the steps in the browser that people use, not in Node.
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { chromiumArgs, chromiumPath } from '../e2e/browser.mjs';
import { isolationHeaders } from '../src/isolation-headers.ts';
import type { measureHere, PageMeasure } from './in-page.ts';

export type MeasureInPage = (...values: Parameters<typeof measureHere>) => Promise<PageMeasure>;

/** `work` measures on a page of its own each time, so that one shape's pipelines do not help the next. */
export async function inChromium<T>(work: (measure: MeasureInPage) => Promise<T>): Promise<T> {
  const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
  await server.listen();
  const browser = await chromium.launch({
    executablePath: chromiumPath() ?? undefined,
    args: chromiumArgs,
  });
  try {
    const [origin] = server.resolvedUrls?.local ?? [];
    return await work(async (...values) => {
      const page = await browser.newPage();
      const blank = `${origin}bench/blank`;
      await page.route(blank, (route) =>
        route.fulfill({ contentType: 'text/html', headers: isolationHeaders, body: '' }),
      );
      await page.goto(blank);
      // Text, so that no tool rewrites the import.
      const module = `import('/bench/in-page.ts')`;
      const call = `${module}.then(({ measureHere }) => measureHere(...${JSON.stringify(values)}))`;
      const measured = await page.evaluate<PageMeasure>(call);
      await page.close();
      return measured;
    });
  } finally {
    await browser.close();
    await server.close();
  }
}
