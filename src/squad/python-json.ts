// Python's json writes and reads NaN, Infinity and -Infinity, which JSON does not have.
const NAN_MARK = '\u0000NaN';
const stringOrNumberName = /"[^"\\]*(?:\\.[^"\\]*)*"|NaN|Infinity/gs;

/** json.loads. Throws SyntaxError, as JSON.parse does. A byte order mark at the start is skipped. */
export function parsePythonJson(text: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return JSON.parse(json);
  } catch (error) {
    if (!/NaN|Infinity/.test(json)) throw error;
  }
  let hasNaN = false;
  const plain = json.replace(stringOrNumberName, (match) => {
    // A number that is too large is read as infinite.
    if (match === 'Infinity') return '1e999';
    if (match !== 'NaN') return match;
    hasNaN = true;
    return JSON.stringify(NAN_MARK);
  });
  return hasNaN
    ? JSON.parse(plain, (_, value: unknown) => (value === NAN_MARK ? NaN : value))
    : JSON.parse(plain);
}

/** json.dumps(value, indent=2): NaN and Infinity as Python writes them. */
export function writePythonJson(value: unknown): string {
  const marked = JSON.stringify(
    value,
    (_, part: unknown) => (typeof part === 'number' && !Number.isFinite(part) ? `\u0000${part}` : part),
    2,
  );
  return marked.replace(/"\\u0000(NaN|-?Infinity)"/g, '$1');
}
