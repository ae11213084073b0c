import { language } from '../messages/language.svelte.ts';
import type { Device } from '../../workers/protocol.ts';

/** What computes, as people know it: a processor with its threads and the rate that was measured. */
export function deviceText({ name, threads, gflops }: Device): string {
  if (gflops === null) return name;
  return language.text('processor', { name, threads, gflops: Number(gflops.toPrecision(2)) });
}
