// For the tests in Chromium: what Node computes with the plain build.
import type { TestProject } from 'vitest/node';
import { runOnProcessor, type ProcessorRun } from './processor-run.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    runInNode: ProcessorRun;
  }
}

/** Vitest calls this before the tests of the project. */
export default async function setup(project: TestProject) {
  const build = { relaxed: false, wide: false };
  project.provide('runInNode', await runOnProcessor({ threads: 1, build }));
}
