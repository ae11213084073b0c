import { language } from '../messages/language.svelte.ts';
import type { Computer } from '../../workers/protocol.ts';

/** What computes, as people know it: a processor with its threads and the rate that was measured. */
export function deviceText({ device, rates }: Computer): string {
  if (!device) return '';
  const { name, threads, backend } = device;
  if (backend === 'tfjs') return `${name} · TensorFlow.js`;
  if (backend === 'webgpu' || !rates.cpu) return name;
  const gflops = Number((rates.cpu.products / 1e9).toPrecision(2));
  return language.text('processor', { name, threads, gflops });
}
