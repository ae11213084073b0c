import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { BrowserPage } from './page.ts';

const PORT = 4671;
const DRIVER = '/usr/bin/WebKitWebDriver';
const browsers = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'].map(
  (folder) => `${folder}/webkit2gtk-4.1/MiniBrowser`,
);

/** WebKitGTK over plain W3C WebDriver, or what is missing. Its sessions store nothing on the disk, as a private window. */
export async function openWebKit(): Promise<BrowserPage | string> {
  const binary = browsers.find((path) => existsSync(path));
  if (!existsSync(DRIVER) || !binary) return 'no WebKitWebDriver or MiniBrowser (Debian: webkit2gtk-driver)';
  if (!existsSync('/usr/bin/xvfb-run')) return 'no xvfb-run (Debian: xvfb)';
  const driver = spawn('xvfb-run', ['-a', '-s', '-screen 0 1600x1000x24', DRIVER, `--port=${PORT}`], {
    env: {
      ...process.env,
      // A process without a locale: `navigator.language` is "C".
      LANG: 'C',
      LC_ALL: 'C',
      LANGUAGE: 'C',
      // Safari shares memory in an isolated page; WebKitGTK does where it is told to.
      JSC_useSharedArrayBuffer: '1',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    },
    stdio: 'ignore',
    detached: true,
  });
  const end = () => void (driver.pid && process.kill(-driver.pid));
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${PORT}${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(value).slice(0, 500)}`);
    return value;
  };
  try {
    for (let tries = 0; ; tries++) {
      const ready = await ask('GET', '/status').catch(() => null);
      if (ready) break;
      if (tries === 100) throw new Error('WebKitWebDriver does not answer');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const capabilities = {
      alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } },
    };
    const session = (await ask('POST', '/session', { capabilities })) as {
      sessionId: string;
      capabilities: { browserVersion: string };
    };
    const at = `/session/${session.sessionId}`;
    return {
      name: `WebKitGTK ${session.capabilities.browserVersion}`,
      open: async (url) => void (await ask('POST', `${at}/url`, { url })),
      evaluate: (script) => ask('POST', `${at}/execute/sync`, { script, args: [] }),
      resize: async (width, height) => {
        const inside = (await ask('POST', `${at}/execute/sync`, {
          script: 'return [outerWidth - innerWidth, outerHeight - innerHeight]',
          args: [],
        })) as number[];
        await ask('POST', `${at}/window/rect`, { width: width + inside[0], height: height + inside[1] });
      },
      screenshot: async () => Buffer.from(String(await ask('GET', `${at}/screenshot`)), 'base64'),
      close: async () => {
        await ask('DELETE', at).catch(() => {});
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
