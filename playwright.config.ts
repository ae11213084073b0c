import { defineConfig } from '@playwright/test';
import { chromiumArgs, chromiumPath } from './e2e/browser.mjs';

/** One's own where several checkouts are tested on one machine. */
const port = Number(process.env.MANABI_E2E_PORT ?? 4199);

export default defineConfig({
  testDir: 'e2e',
  timeout: 12 * 60_000,
  workers: 1,
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${port}`,
    locale: 'ja-JP',
    launchOptions: { executablePath: chromiumPath() ?? undefined, args: chromiumArgs },
  },
  webServer: {
    command: `npm run build && npx vite preview --port ${port} --strictPort`,
    port,
    timeout: 180_000,
  },
});
