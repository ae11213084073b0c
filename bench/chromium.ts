// npm run bench -- --chromium: the steps in the browser that people use, not in Node.
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright';
import { createServer } from 'vite';
import { chromiumArgs, chromiumPath } from '../e2e/browser.mjs';
import { isolationHeaders } from '../src/isolation-headers.ts';

/** Runs `work` with a function that opens pages: one for each measurement, so that nothing of one helps the next. */
export async function inChromium<T>(work: (open: () => Promise<Page>) => Promise<T>): Promise<T> {
  const server = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    // A package that is found late would reload the page.
    optimizeDeps: { entries: ['bench/in-page.ts', 'bench/processor-page.ts', 'bench/processor-worker.ts'] },
    server: { port: 0, headers: isolationHeaders },
    logLevel: 'error',
  });
  await server.listen();
  const browser = await chromium.launch({
    executablePath: chromiumPath() ?? undefined,
    args: chromiumArgs,
  });
  try {
    const [origin] = server.resolvedUrls?.local ?? [];
    return await work(async () => {
      const page = await browser.newPage();
      const blank = `${origin}bench/blank`;
      const answer = { contentType: 'text/html', body: '', headers: isolationHeaders };
      await page.route(blank, (route) => route.fulfill(answer));
      await page.goto(blank);
      return page;
    });
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Calls what `path` exports as `name` ("object.method" too) in the page. */
export async function callInPage<T>(
  page: Page,
  path: string,
  name: string,
  values: readonly unknown[],
): Promise<T> {
  // Text, so that no tool rewrites the import.
  return page.evaluate<T>(`import('${path}').then((module) => module.${name}(...${JSON.stringify(values)}))`);
}
