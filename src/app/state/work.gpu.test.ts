import { expect, test } from 'vitest';
import { isCancel, work } from './work.svelte.ts';

const cancelled = () => work.errors.training !== undefined && isCancel(work.errors.training);

test('a stop that a phase of the work does not hear ends the work before the next phase', async () => {
  let went = '';
  await work.guarded('training', async () => {
    work.begin('loading');
    work.stop();
    went += 'loaded';
    work.begin('evaluating');
    went += ' evaluated';
  });
  expect(went).toBe('loaded');
  expect(cancelled()).toBe(true);
  expect(work.phase).toBe('idle');
});

test('a stop when nothing goes on ends no work that comes later', async () => {
  work.stop();
  let went = false;
  await work.guarded('training', async () => {
    work.begin('loading');
    work.begin('evaluating');
    went = true;
  });
  expect(went).toBe(true);
  expect(cancelled()).toBe(false);
});

test('work that is asked for ends what goes on beside the page, and itself goes on', async () => {
  let release = () => {};
  const asked = work.quietly('ask', async () => {
    work.begin('loading');
    await new Promise<void>((resolve) => (release = resolve));
    work.begin('answering');
  });
  let went = false;
  const training = work.guarded('training', async () => {
    work.begin('loading');
    went = true;
  });
  expect(work.busy).toBe(true);
  release();
  await Promise.all([asked, training]);
  expect(work.errors.ask && isCancel(work.errors.ask)).toBe(true);
  expect(went).toBe(true);
  expect(work.phase).toBe('idle');
});
