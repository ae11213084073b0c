import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALIGNMENT, Allocator } from './allocator.ts';

const START = 4 * ALIGNMENT;
const FIRST_END = 16 * ALIGNMENT;
const LIMIT = 200 * ALIGNMENT;
/** The memory grows by whole pages. */
const PAGE = 8 * ALIGNMENT;

/** A memory that grows up to LIMIT. */
function memory() {
  let end = FIRST_END;
  const grow = (wanted: number) => {
    const rounded = Math.ceil(wanted / PAGE) * PAGE;
    if (rounded <= LIMIT) end = Math.max(end, rounded);
    return end;
  };
  return { allocator: new Allocator(START, FIRST_END, grow), end: () => end };
}

/** Take so many units, or give back the block at this place of those that are held. */
const operations = fc.array(
  fc.oneof(
    fc.record({ units: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ release: fc.nat({ max: 1000 }) }),
  ),
  { maxLength: 80 },
);

test('blocks never overlap and lie in the memory; all of them given back are one again', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const { allocator, end } = memory();
      const held: { at: number; size: number }[] = [];
      for (const operation of list) {
        if ('release' in operation) {
          if (held.length === 0) continue;
          const [{ at, size }] = held.splice(operation.release % held.length, 1);
          allocator.release(at, size);
          continue;
        }
        const size = operation.units * ALIGNMENT;
        const at = allocator.allocate(size);
        if (at === null) continue;
        expect(at % ALIGNMENT).toBe(0);
        expect(at).toBeGreaterThanOrEqual(START);
        expect(at + size).toBeLessThanOrEqual(end());
        for (const other of held) expect(at >= other.at + other.size || at + size <= other.at).toBe(true);
        held.push({ at, size });
      }
      for (const { at, size } of held) allocator.release(at, size);
      const before = end();
      expect(allocator.allocate(before - START)).toBe(START);
      expect(end()).toBe(before);
    }),
  );
});

test('what does not fit is refused, and everything else goes on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (units) => {
      const { allocator, end } = memory();
      const first = allocator.allocate(units * ALIGNMENT);
      expect(allocator.allocate(LIMIT)).toBeNull();
      expect(allocator.allocate(2 ** 50)).toBeNull();
      // All the rest is still there, the memory that has yet to grow too.
      const rest = allocator.allocate(LIMIT - START - units * ALIGNMENT);
      expect([first, rest]).toEqual([START, START + units * ALIGNMENT]);
      expect(end()).toBe(LIMIT);
      expect(allocator.allocate(ALIGNMENT)).toBeNull();
    }),
  );
});

test('a block that is given back is used before the memory grows', () => {
  const { allocator, end } = memory();
  const blocks = [3, 5, 4].map((units) => allocator.allocate(units * ALIGNMENT) ?? -1);
  allocator.release(blocks[1], 5 * ALIGNMENT);
  expect(allocator.allocate(2 * ALIGNMENT)).toBe(blocks[1]);
  expect(allocator.allocate(3 * ALIGNMENT)).toBe(blocks[1] + 2 * ALIGNMENT);
  expect(end()).toBe(FIRST_END);
});
