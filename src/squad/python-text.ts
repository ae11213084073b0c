// Python's idea of white space and words, which the reference scores use. JavaScript's \s and \b differ:
// str.split() cuts at U+0085 and U+001C-1F and not at U+FEFF; \w and \b know Japanese.
// oxlint-disable-next-line no-control-regex -- U+001C-1F are white space for Python
const whitespace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** str.split(): without empty parts. */
export function pythonSplit(text: string): string[] {
  return text.split(whitespace).filter((part) => part !== '');
}

/** re.sub(r"\b(a|an|the)\b", " ", text) */
export function withoutArticles(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu, ' ');
}

/** Takes string.punctuation (ASCII) out. */
export function withoutPunctuation(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, '');
}

// str.strip() knows the same white space as str.split().
const leading = new RegExp(`^${whitespace.source}`);
const trailing = new RegExp(`${whitespace.source}$`);

/** str.lstrip() */
export function pythonStripLeft(text: string): string {
  return text.replace(leading, '');
}

/** str.strip() */
export function pythonStrip(text: string): string {
  return pythonStripLeft(text).replace(trailing, '');
}
