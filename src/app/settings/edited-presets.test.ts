import { expect, test } from 'vitest';
import {
  argumentsOf,
  fromText,
  hasChanges,
  toText,
  withChanges,
  type EditedPresets,
} from './edited-presets.ts';
import { differsFromPreset, presets } from './presets.ts';

const fresh: EditedPresets = { preset: 'sample', edits: {} };

test('a change stays with its preset while others are looked at', () => {
  const edited = withChanges(fresh, { learning_rate: 2e-4 });
  const away = { ...edited, preset: 'full' as const };
  expect(argumentsOf(away)).toEqual(presets.full);
  expect(argumentsOf({ ...away, preset: 'sample' }).learning_rate).toBe(2e-4);
});

test('a value typed back is no change any more', () => {
  const edited = withChanges(fresh, { learning_rate: 2e-4 });
  expect(differsFromPreset('sample', argumentsOf(edited))).toBe(true);
  expect(hasChanges(edited)).toBe(true);
  const back = withChanges(edited, { learning_rate: presets.sample.learning_rate });
  expect(differsFromPreset('sample', argumentsOf(back))).toBe(false);
  expect(back.edits.sample).toEqual({});
  expect(hasChanges(back)).toBe(false);
});

test('what a preset leaves to the data is no change of a run, but one where it was typed', () => {
  const args = { ...presets.sample, version_2_with_negative: false };
  expect(differsFromPreset('sample', args)).toBe(false);
  const typed = withChanges(fresh, { version_2_with_negative: false });
  expect(hasChanges(typed)).toBe(true);
  expect(argumentsOf(fromText(toText(typed)) ?? fresh).version_2_with_negative).toBe(false);
});

test('preset and changes come back from text', () => {
  const edited = withChanges({ preset: 'full', edits: {} }, { max_train_samples: 12, fp16: true });
  expect(argumentsOf(fromText(toText(edited)) ?? fresh)).toEqual({
    ...presets.full,
    max_train_samples: 12,
    fp16: true,
  });
  const all = withChanges(fresh, { max_train_samples: null });
  expect(argumentsOf(fromText(toText(all)) ?? fresh).max_train_samples).toBeNull();
});

test('a field without a number does not come back as another value', () => {
  const typed = withChanges(fresh, { max_train_samples: Number.NaN, seed: Number.NaN });
  expect(argumentsOf(fromText(toText(typed)) ?? fresh)).toEqual(presets.sample);
});

test('text of another version or of nobody is not believed', () => {
  expect(fromText('{')).toBeNull();
  expect(fromText('null')).toBeNull();
  expect(fromText('{"preset":"gone"}')).toBeNull();
  const odd = '{"preset":"sample","edits":{"sample":{"seed":"1","gone":1,"fp16":true}}}';
  expect(fromText(odd)?.edits.sample).toEqual({ fp16: true });
});
