import { ManabiError } from '../errors/manabi-error.ts';
import { checkFormats } from './formats.ts';
import type { GoldenFolder } from './golden-folder.ts';
import { checkMetrics } from './metrics.ts';
import { checkModels } from './models.ts';
import { checkPipeline } from './pipeline.ts';
import type { Report } from './report.ts';
import { checkResume } from './resume.ts';
import type { Sources } from './sources.ts';
import { checkTokenization } from './tokenization.ts';
import { checkTraining } from './training.ts';

interface Part {
  /** A file, or the start of the paths of its files. */
  needs: string;
  check(sources: Sources, report: Report): Promise<void>;
}

/** What a folder of goldens may hold, in the order in which it is checked. */
const parts = {
  metrics: { needs: 'metrics.json', check: checkMetrics },
  tokenization: { needs: 'tokenization/', check: checkTokenization },
  models: { needs: 'models/', check: checkModels },
  formats: { needs: 'formats/', check: checkFormats },
  training: { needs: 'training/', check: checkTraining },
  resume: { needs: 'training/resume/', check: checkResume },
  pipeline: { needs: 'pipeline/', check: checkPipeline },
} satisfies Record<string, Part>;

export interface ParityCounts {
  passed: number;
  failed: number;
}

export type PartName = keyof typeof parts;
export const partNames = Object.keys(parts) as PartName[];

/** Files at the top that no part reads itself. */
const beside = new Set(['tokenizers', 'make', 'README.md']);

/** A list of part names with commas. Throws ManabiError parity-part for any other name. */
export function readPartNames(list: string): PartName[] {
  return list.split(',').map((name) => {
    const known = partNames.find((part) => part === name.trim());
    if (!known) throw new ManabiError('parity-part', name, { parts: partNames.join(', ') });
    return known;
  });
}

/**
 * Runs every part in `only` that the folder holds and names the others. What a part throws as ManabiError is a failed check of it, but for the
 * loss or lack of a GPU: then nothing can be said. Throws ManabiError gpu-*, and parity-nothing where there was nothing to check.
 */
export async function runParity(
  sources: Sources,
  only: readonly PartName[],
  report: Report,
): Promise<ParityCounts> {
  for (const name of partNames.filter((part) => only.includes(part))) {
    const { needs, check } = parts[name];
    if (!sources.folder.paths.some((path) => path.startsWith(needs))) {
      report.note(`${name}: not in this folder`);
      continue;
    }
    try {
      await check(sources, report);
    } catch (error) {
      if (!(error instanceof ManabiError) || error.code.startsWith('gpu-')) throw error;
      report.that(name, false, error.message);
    }
  }
  for (const name of unknown(sources.folder)) report.note(`${name}: not a part that is known here`);
  const { passed, failed } = report;
  if (passed + failed === 0) throw new ManabiError('parity-nothing', '', { parts: only.join(', ') });
  return { passed, failed };
}

/** Files and folders at the top of the folder that belong to no part. */
function unknown({ paths }: GoldenFolder): string[] {
  const known = new Set(Object.values(parts).map(({ needs }) => needs.split('/')[0]));
  const tops = new Set(paths.map((path) => path.split('/')[0]));
  return [...tops].filter((top) => !known.has(top) && !beside.has(top)).toSorted();
}
