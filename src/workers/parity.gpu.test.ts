import { proxy, wrap } from 'comlink';
import { expect, test } from 'vitest';
import { unwrap, type TrainerWorker } from './protocol.ts';

// The names only: none of these is imported. One training run, because a software adapter is slow; the other is checked on the processor.
const paths = Object.keys(import.meta.glob('../parity/fixtures/**'))
  .map((path) => path.slice('../parity/fixtures/'.length))
  .filter((path) => !path.startsWith('training/cosine-partial-batch/'));

test('the engine that trains gives the recorded values on WebGPU', { timeout: 600_000 }, async () => {
  const worker = new Worker(new URL('trainer.worker.ts', import.meta.url), { type: 'module' });
  const trainer = wrap<TrainerWorker>(worker);
  try {
    unwrap(await trainer.open('webgpu'));
    const lines: string[] = [];
    const counts = unwrap(
      await trainer.checkParity(
        {
          folder: { url: '/src/parity/fixtures/', paths },
          tokenizers: null,
          models: null,
          rest: null,
          jsquad: null,
          only: ['models', 'training', 'resume', 'pipeline'],
        },
        proxy((line: string) => void lines.push(line)),
      ),
    );
    expect(lines.filter((line) => !line.startsWith('pass'))).toEqual([]);
    expect(counts).toEqual({ passed: lines.length, failed: 0 });
    expect(lines.length).toBe(42);
  } finally {
    worker.terminate();
  }
});
