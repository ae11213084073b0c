import { ManabiError } from '../../errors/manabi-error.ts';
import { Allocator, ALIGNMENT } from './allocator.ts';

const PAGE = 65536;

/** The first page is the module's: constants of kernels. Address 0 is no buffer. */
const RESERVED = PAGE;

/** Most pages: 4 GiB with addresses of 32 bits, 16 GiB (as much as browsers grant) with 64. */
const MOST_PAGES = { narrow: 65536, wide: 262144 };

/** A part of the memory. */
export class CpuBuffer {
  constructor(
    readonly address: number,
    readonly size: number,
  ) {}
}

/** The WebAssembly memory and who has which part of it. */
export class CpuMemory {
  readonly memory: WebAssembly.Memory;
  /** Bytes that it may have at most. */
  readonly limit: number;
  private readonly allocator: Allocator;

  /** Throws ManabiError cpu-memory where not even a little is granted, cpu-no-memory64. */
  constructor(
    readonly shared: boolean,
    readonly wide: boolean,
  ) {
    const { memory, pages } = makeMemory(shared, wide);
    this.memory = memory;
    this.limit = pages * PAGE;
    this.allocator = new Allocator(RESERVED, PAGE, (end) => this.grow(end));
  }

  /** Zeroed; null where there is no more memory. `size`: a multiple of ALIGNMENT. */
  allocate(size: number): CpuBuffer | null {
    const address = this.allocator.allocate(size);
    if (address === null) return null;
    this.bytes(address, size).fill(0);
    return new CpuBuffer(address, size);
  }

  release({ address, size }: CpuBuffer): void {
    this.allocator.release(address, size);
  }

  bytes(address: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer as ArrayBuffer, address, size);
  }

  view(address: number, size: number): DataView {
    return new DataView(this.memory.buffer, address, size);
  }

  private grow(end: number): number {
    const { memory } = this;
    const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
    if (missing <= 0) return memory.buffer.byteLength;
    try {
      memory.grow((this.wide ? BigInt(missing) : missing) as number);
    } catch {
      // RangeError: the allocator sees from the length that nothing came of it.
    }
    return memory.buffer.byteLength;
  }
}

/** A shared memory takes its whole range of addresses at once, of which small devices have less. */
function makeMemory(shared: boolean, wide: boolean): { memory: WebAssembly.Memory; pages: number } {
  for (let pages = wide ? MOST_PAGES.wide : MOST_PAGES.narrow; pages >= 1024; pages /= 2) {
    const count = (value: number) => (wide ? BigInt(value) : value) as number;
    const descriptor = { initial: count(1), maximum: count(pages), shared };
    try {
      const memory = new WebAssembly.Memory(wide ? ({ ...descriptor, address: 'i64' } as never) : descriptor);
      return { memory, pages };
    } catch (error) {
      // Engines from before the standard name the type of addresses otherwise.
      if (wide && error instanceof TypeError) throw new ManabiError('cpu-no-memory64', '');
      // Half of it, then.
    }
  }
  throw new ManabiError('cpu-memory', '', { needed: 64 });
}

export { ALIGNMENT };
