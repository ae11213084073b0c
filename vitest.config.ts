import { playwright } from '@vitest/browser-playwright';
import { defineConfig, mergeConfig } from 'vitest/config';
import { chromiumArgs, chromiumPath } from './e2e/browser.mjs';
import { isolationHeaders } from './src/isolation-headers.ts';
import viteConfig from './vite.config.ts';

// *.test.ts runs in Node; *.gpu.test.ts (WebGPU, workers, IndexedDB) runs in a real Chromium.
export default mergeConfig(
  viteConfig,
  defineConfig({
    // The page of the tests does not pass through the plugin that sets them.
    server: { headers: isolationHeaders },
    test: {
      projects: [
        {
          extends: true,
          test: {
            name: 'unit',
            environment: 'node',
            // No test measures time: a busy machine may take its own.
            testTimeout: 60_000,
            setupFiles: 'src/errors/in-english.ts',
            include: ['src/**/*.test.ts'],
            exclude: ['src/**/*.gpu.test.ts'],
          },
        },
        {
          extends: true,
          // Found before the first test: a package found later reloads the page under it.
          optimizeDeps: {
            entries: ['src/**/*.gpu.test.ts', 'src/**/*.worker.ts', 'src/parity/served.ts'],
            include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu'],
          },
          test: {
            name: 'chromium',
            setupFiles: 'src/errors/in-english.ts',
            include: ['src/**/*.gpu.test.ts'],
            testTimeout: 120_000,
            fileParallelism: false,
            globalSetup: ['src/storage/file-server.setup.ts', 'src/engine/processor-run.setup.ts'],
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({
                launchOptions: { executablePath: chromiumPath() ?? undefined, args: chromiumArgs },
              }),
              instances: [{ browser: 'chromium' }],
            },
          },
        },
      ],
    },
  }),
);
