import { existsSync } from 'node:fs';
import { launch } from 'puppeteer-core';
import type { BrowserPage } from './page.ts';

const candidates = [
  process.env.FIREFOX_PATH ?? '',
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

/** Firefox over WebDriver BiDi, or what is missing. */
export async function openFirefox(): Promise<BrowserPage | string> {
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (!executablePath) return 'no Firefox (Debian: firefox-esr), and FIREFOX_PATH is not set';
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    protocolTimeout: 600_000,
    extraPrefsFirefox: { 'intl.accept_languages': 'ja' },
  });
  const page = await browser.newPage();
  return {
    name: `Firefox ${await browser.version()}`,
    open: async (url) => void (await page.goto(url)),
    evaluate: (body) => page.evaluate(`(() => { ${body} })()`),
    close: () => browser.close(),
  };
}
