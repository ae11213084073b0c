import { expect, test } from 'vitest';
import { fromOniguruma } from './oniguruma.ts';
import { regexPattern } from './pattern.ts';

/** What tokenizers 0.22.2 (Oniguruma 6.9.10) matches, by a Split with behavior Removed inverted. */
test.each<[source: string, text: string, matches: string[]]>([
  ['\\w+', 'a①ⓐ²Ⅷ_', ['a', 'ⓐ²Ⅷ_']],
  ['[\\w]+', 'a①ⓐ²Ⅷ_', ['a', 'ⓐ', 'Ⅷ_']],
  ['[^\\W_]+', 'ab_c-d', ['ab', 'c', 'd']],
  ['(?i:ss)', 'aßb SS', ['ß', 'SS']],
  ['(?i:st)op|ss', 'STop ﬆop ß', ['STop', 'ﬆop']],
  ['(?i)(?<first>k)\\k<first>', 'Kk', ['Kk']],
  ['(?<=の)', 'ののは', ['', '']],
])('%s in %s', (source, text, matches) => {
  const found = regexPattern(source, fromOniguruma(source)).find(text);
  const parts: string[] = [];
  for (let i = 0; i < found.length; i += 2) parts.push(text.slice(found[i], found[i + 1]));
  expect(parts).toEqual(matches);
});

test.each(['\\X', '(a)?(?(1)b|c)', '\\p{Extended_Pictographic}', '('])('%s is refused', (source) => {
  expect(() => fromOniguruma(source)).toThrow();
});
