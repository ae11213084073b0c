import { expect, test, type Page } from '@playwright/test';
import { chromiumPath } from './browser.mjs';
import { LocalHub } from './local-hub.ts';
import { StaticHost } from './static-host.ts';

// Without any adapter, so that the page computes on the processor.
test.use({ launchOptions: { executablePath: chromiumPath() ?? undefined, args: ['--no-sandbox'] } });

let host: StaticHost;
let url: string;
test.beforeEach(async () => {
  host = new StaticHost();
  url = await host.start();
});
test.afterEach(() => host.stop());

const isIsolated = (page: Page) => page.evaluate(() => crossOriginIsolated);

/** The pool's workers, beside the one that shares their work. */
const otherThreads = (page: Page) =>
  page.workers().filter((worker) => worker.url().includes('/thread')).length;

/** Waits for the page and the processor that it computes on. */
async function waitForProcessor(page: Page): Promise<void> {
  const badge = page.locator('.badge');
  const button = page.getByRole('button', { name: 'CPU で続ける' });
  await expect(badge.or(button).first()).toBeVisible({ timeout: 60_000 });
  if (await button.isVisible()) await button.click();
  await expect(badge).toContainText('CPU', { timeout: 60_000 });
}

test('on a host without headers the page reloads once, is isolated and computes on all threads', async ({
  page,
}) => {
  await page.goto(url);
  await waitForProcessor(page);
  expect(await isIsolated(page)).toBe(true);
  expect(host.pageLoads).toBe(2);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  await expect.poll(() => otherThreads(page)).toBe((cores > 2 ? cores - 1 : cores) - 1);
  // Before it reloads its code is on its way, but begins nothing, and draws nothing that could move.
  const { requests } = host;
  const begun = requests.findIndex((name) => name.startsWith('assets/trainer.worker-'));
  expect(begun).toBeGreaterThan(requests.lastIndexOf('index.html'));

  const hub = new LocalHub();
  const file = `${await hub.start()}/local/small/resolve/main/config.json`;
  expect(await page.evaluate(async (from) => (await fetch(from)).status, file)).toBe(200);
  hub.stop();

  await page.reload();
  await waitForProcessor(page);
  expect(await isIsolated(page)).toBe(true);
  expect(host.pageLoads).toBe(3);
});

test('where the headers do not come in spite of the reload, the page goes on with one thread', async ({
  page,
}) => {
  host.instead.set('isolation-worker.js', '');
  await page.goto(url);
  await waitForProcessor(page);
  expect([await isIsolated(page), host.pageLoads, otherThreads(page)]).toEqual([false, 2, 0]);
  await page.reload();
  await waitForProcessor(page);
  expect(host.pageLoads).toBe(3);
});

test.describe('without service workers', () => {
  test.use({ serviceWorkers: 'block' });

  test('the page goes on with one thread and never reloads', async ({ page }) => {
    await page.goto(url);
    await waitForProcessor(page);
    expect([await isIsolated(page), host.pageLoads, otherThreads(page)]).toEqual([false, 1, 0]);
  });
});
