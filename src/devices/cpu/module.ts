import { memory64, relaxedSimd, simd } from 'wasm-feature-detect';
import { ManabiError } from '../../errors/manabi-error.ts';

/** Which of the builds of tools/build-kernels.mjs runs. */
export interface Build {
  /** Fused multiply-adds: other roundings, so the two builds differ in the last bits; each gives the same bits every time. */
  relaxed: boolean;
  /** Addresses of 64 bits, for models that need more than 4 GiB; slower. */
  wide: boolean;
}

/** The fastest build that this machine accepts. Throws ManabiError cpu-no-simd, cpu-no-memory64. */
export async function chooseBuild(wide: boolean, name: string): Promise<Build> {
  if (!(await simd())) throw new ManabiError('cpu-no-simd', name);
  if (wide && !(await memory64())) throw new ManabiError('cpu-no-memory64', name);
  return { relaxed: await relaxedSimd(), wide };
}

/** `shared`: for a memory that threads share. */
export async function loadModule({ relaxed, wide }: Build, shared: boolean): Promise<WebAssembly.Module> {
  const bytes = await read(wide ? wideUrl(relaxed) : url(relaxed));
  if (!shared) bytes[memoryFlags(bytes)] &= ~SHARED;
  return WebAssembly.compile(bytes);
}

// Written out, so that Vite finds the files.
const url = (relaxed: boolean) =>
  relaxed
    ? new URL('./wasm/kernels-relaxed.wasm', import.meta.url)
    : new URL('./wasm/kernels.wasm', import.meta.url);
const wideUrl = (relaxed: boolean) =>
  relaxed
    ? new URL('./wasm/kernels64-relaxed.wasm', import.meta.url)
    : new URL('./wasm/kernels64.wasm', import.meta.url);

async function read(from: URL): Promise<Uint8Array<ArrayBuffer>> {
  const files = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (files && from.protocol === 'file:') return new Uint8Array(await files.readFile(from));
  const failed = (reason: string) => new ManabiError('cpu-no-kernels', from.pathname, { reason });
  const response = await fetch(from).catch((error: Error) => {
    throw failed(error.message);
  });
  if (!response.ok) throw failed(`HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const SHARED = 2;

/** Where the module says how it imports its memory: after the name, the kind of import. The build says "shared". */
function memoryFlags(bytes: Uint8Array): number {
  const name = new TextEncoder().encode('memory');
  const at = bytes.findIndex((_, i) => name.every((byte, k) => bytes[i + k] === byte));
  return at + name.length + 1;
}
