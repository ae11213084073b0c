import { gzipSync } from 'node:zlib';
import { expect, test, type APIRequestContext } from '@playwright/test';

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
  await page.addInitScript(() => {
    const shifts = globalThis as { shifted?: number };
    shifts.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.shifted! += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
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
  // What comes later moves nothing that is seen.
  await expect(page.locator('.badge')).toBeVisible({ timeout: 60_000 });
  expect(await page.evaluate(() => (globalThis as { shifted?: number }).shifted)).toBeLessThanOrEqual(0.02);
});
