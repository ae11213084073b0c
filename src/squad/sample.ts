import { randperm } from '../random/mt19937.ts';

/** The first n of a seeded shuffle (torch.randperm), or all of them in file order when n is null or not smaller. */
export function sampleExamples<T>(examples: readonly T[], n: number | null, seed: number): T[] {
  if (n === null || n >= examples.length) return [...examples];
  return [...randperm(examples.length, seed).slice(0, n)].map((i) => examples[i]);
}
