import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { configJson, type SizeName } from './sizes.ts';

export interface PytorchMeasure {
  torch: string;
  device: string;
  step_ms: number;
  examples_per_s: number;
  /** CUDA only. */
  peak_bytes: number | null;
}

/** A training step, or a forward pass without gradients. */
export type Work = 'step' | 'forward';

const python = process.env.PYTHON ?? 'python3';

/** Without what would change the kernels that PyTorch chooses for this processor. */
const { OPENBLAS_CORETYPE: _, ...environment } = process.env;

/** Why PyTorch cannot be measured here, or null where it can: $PYTHON or python3 must have torch and transformers. */
export async function missingPytorch(): Promise<string | null> {
  try {
    await promisify(execFile)(python, ['-c', 'import torch, transformers']);
    return null;
  } catch {
    return `${python} has no torch and transformers (set PYTHON)`;
  }
}

interface Place {
  device: 'cpu' | 'auto';
  /** 0: PyTorch's own number. */
  threads: number;
}

/** The same model in transformers on PyTorch, in a process that waits between measurements. */
export class PytorchSteps {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly next: () => Promise<unknown>,
    readonly torch: string,
    readonly device: string,
  ) {}

  /** Throws what Python wrote on stderr; so does `time`. */
  static async open(size: SizeName, B: number, N: number, place: Place): Promise<PytorchSteps> {
    const script = fileURLToPath(new URL('pytorch_step.py', import.meta.url));
    const values = [JSON.stringify(configJson(size)), B, N, place.device, place.threads].map(String);
    const child = spawn(python, [script, ...values], { env: environment });
    let said = '';
    child.stderr.on('data', (data) => (said += String(data)));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`PyTorch ended: ${said}`);
      return JSON.parse(value);
    };
    const { torch, device } = (await next()) as { torch: string; device: string };
    return new PytorchSteps(child, next, torch, device);
  }

  /** Milliseconds of one of `count`, back to back. */
  async time(work: Work, count: number): Promise<{ ms: number; peak_bytes: number | null }> {
    this.child.stdin.write(`${work} ${count}\n`);
    return (await this.next()) as { ms: number; peak_bytes: number | null };
  }

  dispose(): void {
    this.child.stdin.end();
  }
}

/** `steps` after the second, on CUDA where there is one. Throws what Python wrote on stderr. */
export async function measurePytorch(
  size: SizeName,
  B: number,
  N: number,
  steps: number,
): Promise<PytorchMeasure> {
  const pytorch = await PytorchSteps.open(size, B, N, { device: 'auto', threads: 0 });
  await pytorch.time('step', 2);
  const { ms, peak_bytes } = await pytorch.time('step', steps);
  pytorch.dispose();
  const { torch, device } = pytorch;
  return { torch, device, step_ms: ms, examples_per_s: (1000 * B) / ms, peak_bytes };
}
