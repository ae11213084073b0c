// Finds a Chromium for the tests, or installs one. Run by itself (`node e2e/browser.mjs`) it installs what is missing.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';

/** WebGPU on the software adapter that Chromium carries; no sandbox because CI runs as root. */
export const chromiumArgs = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan,WebGPU',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Path of a usable Chromium: $CHROMIUM_PATH, Playwright's own, the system's; null when there is none. */
export function chromiumPath() {
  const own = process.env.CHROMIUM_PATH;
  if (own) return own;
  const candidates = [
    chromium.executablePath(),
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}

function install() {
  const quiet = { stdio: 'inherit' };
  if (spawnSync('npx', ['playwright', 'install', '--with-deps', 'chromium'], quiet).status === 0) return;
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    execFileSync('apt-get', ['update', '-q'], quiet);
    execFileSync('apt-get', ['install', '-y', '-q', 'chromium', 'fonts-noto-cjk'], quiet);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!chromiumPath()) install();
  const path = chromiumPath();
  if (!path) {
    console.error('No Chromium found. Install Chromium or Chrome, or set CHROMIUM_PATH to its executable.');
    process.exit(1);
  }
  console.log(`Chromium: ${path}`);
}
