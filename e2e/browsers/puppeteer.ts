import { existsSync } from 'node:fs';
import { launch, type Browser } from 'puppeteer-core';
import { chromiumPath } from '../browser.mjs';
import type { BrowserPage } from './page.ts';

const firefoxes = [
  process.env.FIREFOX_PATH ?? '',
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

/** Firefox over WebDriver BiDi with these preferences, or what is missing. */
export async function openFirefox(preferences: Record<string, boolean> = {}): Promise<BrowserPage | string> {
  const executablePath = firefoxes.find((path) => path && existsSync(path));
  if (!executablePath) return 'no Firefox (Debian: firefox-esr), and FIREFOX_PATH is not set';
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    protocolTimeout: 600_000,
    extraPrefsFirefox: { 'intl.accept_languages': 'ja', ...preferences },
  });
  return pageOf(browser, `Firefox ${await browser.version()}`);
}

/** A Chromium without a GPU, or what is missing. `names` are hosts that it finds on this machine. */
export async function openChromium(...names: string[]): Promise<BrowserPage | string> {
  const executablePath = chromiumPath();
  if (!executablePath) return 'no Chromium (Debian: chromium), and CHROMIUM_PATH is not set';
  const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(', ');
  const args = ['--no-sandbox', '--lang=ja', `--host-resolver-rules=${rules}`];
  const browser = await launch({ executablePath, headless: true, protocolTimeout: 600_000, args });
  return pageOf(browser, `Chromium ${await browser.version()}`);
}

async function pageOf(browser: Browser, name: string): Promise<BrowserPage> {
  const page = await browser.newPage();
  return {
    name,
    open: async (url) => void (await page.goto(url)),
    evaluate: (body) => page.evaluate(`(() => { ${body} })()`),
    resize: (width, height) => page.setViewport({ width, height }),
    screenshot: async () => Buffer.from(await page.screenshot()),
    close: () => browser.close(),
  };
}
