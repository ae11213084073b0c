import { defineConfig } from '@playwright/test';
import { chromiumArgs, chromiumPath } from './e2e/browser.mjs';

export default defineConfig({
  testDir: 'e2e',
  timeout: 20 * 60_000,
  workers: 1,
  reporter: 'list',
  use: {
    baseURL: 'http://localhost:4199',
    locale: 'ja-JP',
    launchOptions: { executablePath: chromiumPath() ?? undefined, args: chromiumArgs },
  },
  webServer: {
    command: 'npm run build && npx vite preview --port 4199 --strictPort',
    port: 4199,
    timeout: 180_000,
  },
});
