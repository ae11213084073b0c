import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

const MAX_KB = 60;

test('the page is drawn with at most 60 KB of JavaScript, and libraries that nobody asked for are not loaded', async ({
  page,
}) => {
  const bodies = new Map<string, Promise<Buffer>>();
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') bodies.set(response.url(), response.body());
  });
  await page.goto('/');
  await expect(page.getByRole('region', { name: 'これまでの学習' })).toBeVisible();
  const early = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    return loaded.filter(({ startTime }) => startTime < paint.startTime).map(({ name }) => name);
  });
  // A worker's script is no script of the page.
  const scripts = early.filter((url) => bodies.has(url) && !/worker/.test(url));
  expect(scripts.length).toBeGreaterThan(1);
  let bytes = 0;
  for (const url of scripts) bytes += gzipSync((await bodies.get(url)) ?? '').length;
  console.log(`${(bytes / 1000).toFixed(1)} kB in ${scripts.length} scripts`);
  expect(bytes).toBeLessThanOrEqual(MAX_KB * 1000);
  expect([...bodies.keys()].filter((url) => /RunCurves|transformers|tfjs/.test(url))).toEqual([]);
});
