import { execFile } from 'node:child_process';
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

const run = promisify(execFile);
const python = process.env.MANABI_PYTHON ?? 'python3';

/** Why PyTorch cannot be measured here, or null where it can: $MANABI_PYTHON or python3 must have torch and transformers. */
export async function missingPytorch(): Promise<string | null> {
  try {
    await run(python, ['-c', 'import torch, transformers']);
    return null;
  } catch {
    return `${python} has no torch and transformers (set MANABI_PYTHON)`;
  }
}

/** The same step in transformers on PyTorch. Throws what Python wrote on stderr. */
export async function measurePytorch(
  size: SizeName,
  B: number,
  N: number,
  steps: number,
): Promise<PytorchMeasure> {
  const script = fileURLToPath(new URL('pytorch_step.py', import.meta.url));
  const args = [script, JSON.stringify(configJson(size)), ...[B, N, steps].map(String)];
  const { stdout } = await run(python, args);
  return JSON.parse(stdout) as PytorchMeasure;
}
