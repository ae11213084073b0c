// For the tests: saves a large checkpoint in a worker that the test ends in the middle of it.
import { saveCheckpoint } from './checkpoints.ts';
import { testCheckpoint } from './test-run.ts';

self.addEventListener('message', async ({ data: runId }: MessageEvent<string>) => {
  await saveCheckpoint(runId, testCheckpoint(2, 48));
  self.postMessage('saved', { transfer: [] });
});
