import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import type { ByteSource } from './byte-source.ts';
import { loadWeights } from './load-weights.ts';
import { joined } from './safetensors.ts';
import { PyTensor, torchSave } from './torch-save.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const TENSORS = 16;
const ELEMENTS = 2 ** 18;
const MB = 2 ** 20;
const shapes = new Map(Array.from({ length: TENSORS }, (_, i) => [`deberta.${i}`, [ELEMENTS]]));

/** A safetensors file that says what `header` says and is `size` bytes long, none of which is in memory before it is read. */
function safetensors(header: object, size: number, headerLength?: number): ByteSource {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + json.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerLength ?? json.length), true);
  head.set(json, 8);
  const slice = async (start: number, end: number) => {
    const bytes = new Uint8Array(end - start);
    if (start < head.length) bytes.set(head.subarray(start, Math.min(end, head.length)));
    return bytes;
  };
  return { name: 'model.safetensors', size: head.length + size, slice };
}

function tensorsOf(dtype: string, elementBytes: number): ByteSource {
  const bytes = ELEMENTS * elementBytes;
  const entries = [...shapes].map(([name, shape], i) => [
    name,
    { dtype, shape, data_offsets: [i * bytes, (i + 1) * bytes] },
  ]);
  return safetensors(Object.fromEntries(entries), TENSORS * bytes);
}

async function alive(): Promise<number> {
  collectGarbage();
  // Arrays are freed by another thread, and what a finished call held goes with its turn.
  await new Promise((resolve) => setTimeout(resolve, 2));
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Bytes of arrays alive at the most while the weights of `source` are read, beside those alive before. */
async function peakOf(source: ByteSource): Promise<{ peak: number; error: string }> {
  const before = await alive();
  let peak = 0;
  const measured: ByteSource = {
    ...source,
    slice: async (start, end) => {
      peak = Math.max(peak, (await alive()) - before + end - start);
      return source.slice(start, end);
    },
  };
  let error = '';
  try {
    const { tensors } = await loadWeights([measured], shapes);
    peak = Math.max(peak, (await alive()) - before);
    expect(tensors.size).toBe(TENSORS);
  } catch (thrown) {
    if (!(thrown instanceof ManabiError)) throw thrown;
    error = thrown.code;
    // Not collected: what was made for nothing still counts.
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }
  return { peak, error };
}

test(
  'reading holds no more than twice the file, and its values as float32',
  { timeout: 60_000 },
  async () => {
    const float32 = await peakOf(tensorsOf('F32', 4));
    expect(float32.error).toBe('');
    // The values are the file's 16 MB; beside them one tensor as it comes.
    expect(float32.peak).toBeGreaterThan(15 * MB);
    expect(float32.peak).toBeLessThan(20 * MB);
    for (const dtype of ['F16', 'BF16']) {
      const half = await peakOf(tensorsOf(dtype, 2));
      expect(half.peak).toBeGreaterThan(15 * MB);
      expect(half.peak).toBeLessThan(20 * MB);
    }
    const values = new Map(
      [...shapes].map(([name, shape]) => [name, new PyTensor(shape, new Float32Array(ELEMENTS))]),
    );
    const file = joined(torchSave('model', values));
    const slice = async (start: number, end: number) => file.slice(start, end);
    const torch = await peakOf({ name: 'pytorch_model.bin', size: file.length, slice });
    expect(torch.error).toBe('');
    expect(torch.peak).toBeGreaterThan(15 * MB);
    expect(torch.peak).toBeLessThan(20 * MB);
  },
);

test('a header that asks for much gets nothing', async () => {
  const huge = { dtype: 'F32', shape: [2 ** 28], data_offsets: [0, 2 ** 30] };
  const cases: [ByteSource, string][] = [
    [safetensors({ 'deberta.0': huge }, 1000), 'safetensors-truncated'],
    [safetensors({}, 1000, 90_000_000), 'safetensors-header-length'],
    [safetensors({}, 1000, 2 ** 52), 'safetensors-header-length'],
  ];
  for (const [source, code] of cases) {
    const { peak, error } = await peakOf(source);
    expect(error).toBe(code);
    expect(peak).toBeLessThan(MB);
  }
});
