import type { JsonReader } from '../json-reader.ts';

/** What becomes of the matches when a text is cut at them (SplitDelimiterBehavior). */
export type Behavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const behaviors: Behavior[] = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

export function readBehavior(json: JsonReader): Behavior {
  const known = behaviors.find((behavior) => behavior === json.string);
  if (!known) throw json.unsupported('behavior', json.string);
  return known;
}

/** Collects the parts of a text, matches and what lies between them, in order and without a gap. */
export class Parts {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly matched: boolean[] = [];

  add(start: number, end: number, matched: boolean): void {
    this.starts.push(start);
    this.ends.push(end);
    this.matched.push(matched);
  }

  /** Start and end of each part that stays, in turn. */
  ranges(behavior: Behavior): number[] {
    const { starts, ends, matched } = this;
    const n = starts.length;
    const kept: number[] = [];
    if (behavior === 'Isolated' || behavior === 'Removed') {
      for (let i = 0; i < n; i++) {
        if (behavior === 'Isolated' || !matched[i]) kept.push(starts[i], ends[i]);
      }
      return kept;
    }
    if (behavior === 'MergedWithNext') {
      // From the end; the later of two matches side by side is the one that is merged.
      const reversed: number[] = [];
      for (let i = n - 1, previous = false; i >= 0; previous = matched[i--]) {
        if (matched[i] && !previous && reversed.length > 0) reversed[reversed.length - 2] = starts[i];
        else reversed.push(starts[i], ends[i]);
      }
      for (let i = reversed.length - 2; i >= 0; i -= 2) kept.push(reversed[i], reversed[i + 1]);
      return kept;
    }
    for (let i = 0, previous = false; i < n; previous = matched[i++]) {
      const merged = behavior === 'Contiguous' ? matched[i] === previous : matched[i] && !previous;
      if (merged && kept.length > 0) kept[kept.length - 1] = ends[i];
      else kept.push(starts[i], ends[i]);
    }
    return kept;
  }
}
