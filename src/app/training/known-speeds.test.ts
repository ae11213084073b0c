import { expect, test } from 'vitest';
import { defaultArguments } from '../../training/training-arguments.ts';
import { keepSpeed, knownSpeed, type SpeedConditions } from './known-speeds.ts';

function store(first: string | null = null) {
  let text = first;
  return { getItem: () => text, setItem: (_: string, value: string) => void (text = value) };
}
const of: SpeedConditions = {
  device: { name: 'GPU' },
  model: { source: 'built-in', name: 'small' },
  args: defaultArguments,
};

test('the speed of the last run is known under its conditions and no others', () => {
  const kept = store();
  expect(knownSpeed(kept, of)).toBeNull();
  keepSpeed(kept, of, 40);
  keepSpeed(kept, { ...of, device: { name: 'CPU' } }, 6);
  keepSpeed(kept, of, 42);
  expect(knownSpeed(kept, of)).toBe(42);
  expect(knownSpeed(kept, { ...of, device: { name: 'CPU' } })).toBe(6);
  expect(knownSpeed(kept, { ...of, args: { ...defaultArguments, max_seq_length: 512 } })).toBeNull();
});

test('nothing is believed of a speed that was not measured or cannot be read', () => {
  const kept = store();
  keepSpeed(kept, of, 0);
  expect(knownSpeed(kept, of)).toBeNull();
  expect(knownSpeed(store('{'), of)).toBeNull();
  expect(knownSpeed(store('[]'), of)).toBeNull();
});
