import { afterEach, expect, test, vi } from 'vitest';
import { keptValues } from './kept-values.ts';

afterEach(() => vi.unstubAllGlobals());

const refuse = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};

test.each([
  ['is missing', undefined],
  ['may not be looked at', 'getter'],
  ['is full', { getItem: () => null, setItem: refuse, removeItem: refuse }],
])('where the store %s, a value holds for the visit', (_, store) => {
  if (store === 'getter') {
    vi.stubGlobal('localStorage', null);
    Object.defineProperty(globalThis, 'localStorage', { get: refuse, configurable: true });
  } else if (store === undefined) Reflect.deleteProperty(globalThis, 'localStorage');
  else vi.stubGlobal('localStorage', store);
  expect(keptValues.getItem('name')).toBe(null);
  keptValues.setItem('name', 'value');
  expect(keptValues.getItem('name')).toBe('value');
  keptValues.removeItem('name');
  expect(keptValues.getItem('name')).toBe(null);
});
