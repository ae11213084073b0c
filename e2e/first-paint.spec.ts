import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test, type APIRequestContext, type Page } from '@playwright/test';

const MAX_BYTES = 60_000;

/** The addresses of a script and of all that it imports before it runs. */
async function withImports(
  request: APIRequestContext,
  url: string,
  found = new Map<string, string>(),
): Promise<Map<string, string>> {
  if (found.has(url)) return found;
  const text = await (await request.get(url)).text();
  found.set(url, text);
  for (const [, path] of text.matchAll(/(?:from|import)\s*"(\.\/[^"]+\.js)"/g)) {
    await withImports(request, new URL(path, url).href, found);
  }
  return found;
}

test('the page is drawn with at most 60 kB of JavaScript, and libraries that nobody asked for are not loaded', async ({
  page,
  request,
}) => {
  const loaded: string[] = [];
  page.on('request', (asked) => {
    if (asked.resourceType() === 'script') loaded.push(asked.url());
  });
  await page.goto('/');
  await expect(page.getByRole('region', { name: 'これまでの学習' })).toBeVisible();
  const entry = await page.locator('script[type=module]').evaluate((script: HTMLScriptElement) => script.src);
  const scripts = await withImports(request, entry);
  // The page itself comes after a look at whether it is isolated.
  const [main] = loaded.filter((url) => /\/main-[^/]*\.js$/.test(url));
  await withImports(request, main, scripts);
  // The texts of the page's language are waited for, those of its errors come after it; those of the other language are not loaded.
  const texts = () => loaded.filter((url) => /\/(ja|en)-[^/]*\.js$/.test(url));
  await expect.poll(() => texts().length).toBe(2);
  await withImports(request, texts()[0], scripts);
  expect(scripts.get(texts()[0])).toContain('ブラウザーのタブで');
  const bytes = [...scripts.values()].reduce((sum, text) => sum + gzipSync(text).length, 0);
  console.log(`${(bytes / 1000).toFixed(1)} kB in ${scripts.size} scripts`);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect([...scripts.keys()].filter((url) => /LowerSections|RunCurves|transformers/.test(url))).toEqual([]);
  expect(loaded.filter((url) => /RunCurves|transformers/.test(url))).toEqual([]);
});

test('no script imports that of a worker, which WebKit would run a second time, so that two would answer', () => {
  const scripts = readdirSync('dist/assets').filter((name) => name.endsWith('.js'));
  const importing = scripts.filter((name) =>
    /(?:from|import)\s*["'`]\.\/[a-z]+\.worker-/.test(readFileSync(`dist/assets/${name}`, 'utf8')),
  );
  expect(scripts.some((name) => name.startsWith('trainer.worker-'))).toBe(true);
  expect(importing).toEqual([]);
});

/** What moved and what blocked since the page was opened, once nothing comes any more: CLS and the long tasks' time beyond 50 ms each. */
async function loadFigures(page: Page): Promise<{ shift: number; blocking: number }> {
  await page.goto('/');
  await expect(page.locator('.badge')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('region', { name: 'これまでの学習' })).toBeVisible();
  return page.evaluate(async () => {
    const entries: (PerformanceEntry & { value?: number; hadRecentInput?: boolean })[] = [];
    for (const type of ['layout-shift', 'longtask']) {
      new PerformanceObserver((list) => entries.push(...list.getEntries())).observe({ type, buffered: true });
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    return {
      shift: sum(entries.map(({ value = 0, hadRecentInput }) => (hadRecentInput ? 0 : value))),
      blocking: sum(
        entries.filter(({ entryType }) => entryType === 'longtask').map(({ duration }) => duration - 50),
      ),
    };
  });
}

for (const viewport of [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]) {
  test(`at ${viewport.width} the page moves by at most 0.02 as it comes, and blocks for at most 100 ms`, async ({
    page,
  }) => {
    await page.setViewportSize(viewport);
    const loads = [];
    for (let i = 0; i < 3; i++) loads.push(await loadFigures(page));
    console.log(loads.map(({ shift, blocking }) => `${shift.toFixed(4)}, ${blocking} ms`).join('; '));
    expect(Math.max(...loads.map(({ shift }) => shift))).toBeLessThanOrEqual(0.02);
    // The least: what else the machine does only adds to it.
    expect(Math.min(...loads.map(({ blocking }) => blocking))).toBeLessThanOrEqual(100);
  });
}
