import type { ByteSource } from '../checkpoint/byte-source.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { Report } from './report.ts';

/** The same files, and how many bytes have been asked of them. */
export function countedSources(sources: readonly ByteSource[]) {
  let asked = 0;
  const counted = sources.map((source): ByteSource => ({
    ...source,
    slice: (start, end) => {
      asked += end - start;
      return source.slice(start, end);
    },
  }));
  const size = sources.reduce((sum, source) => sum + source.size, 0);
  return { sources: counted, size, asked: () => asked };
}

// The end record of a zip is looked for in the last 64 KiB, the pickle of a legacy file in the first.
const LOOK_AHEAD = 2 ** 17;

/**
 * What reading takes when nothing is freed on the way: the bytes read and the float32 arrays returned, each array's buffer once. At most
 * twice the file, where a file of half precision counts as the float32 values that it becomes.
 */
export class MemoryFigure {
  private worst = { name: '', bytes: 0, bound: Infinity };

  add(name: string, fileSize: number, asked: number, tensors: NamedTensors = new Map()): void {
    const buffers = new Set([...tensors.values()].map(({ data }) => data.buffer));
    const returned = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const [bytes, bound] = [asked + returned, 2 * Math.max(fileSize, returned) + LOOK_AHEAD];
    if (bytes / bound >= this.worst.bytes / this.worst.bound) {
      this.worst = { name: name.slice(name.lastIndexOf('/') + 1), bytes, bound };
    }
  }

  into(report: Report, label: string): void {
    const { name, bytes, bound } = this.worst;
    if (name === '') return;
    report.atMost(`memory in bytes, ${label} (worst: ${name})`, bytes, bound);
  }
}
