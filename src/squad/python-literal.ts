// What str() of Python gives for dicts, lists, tuples and numpy arrays, as pandas writes them into a cell of a table.
const token =
  /\s*(?:([[\](){},:]|=)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([+-]?[\d.]+(?:e[+-]?\d+)?)|([A-Za-z_][\w.]*))/suy;

const names: Readonly<Record<string, unknown>> = { None: null, True: true, False: false, nan: NaN };

/** ast.literal_eval, and array(...) around a list. Throws SyntaxError. */
export function parsePythonLiteral(text: string): unknown {
  const tokens = tokensOf(text);
  const value = tokens.value();
  tokens.end();
  return value;
}

function tokensOf(text: string) {
  let at = 0;
  const wrong = (): never => {
    throw new SyntaxError(`unexpected text at ${at}`);
  };
  const next = (): RegExpExecArray => {
    token.lastIndex = at;
    const found = token.exec(text) ?? wrong();
    at = token.lastIndex;
    return found;
  };
  const peek = (): string | undefined => {
    const before = at;
    token.lastIndex = at;
    const found = token.exec(text)?.[1];
    at = before;
    return found;
  };
  const expect = (sign: string) => {
    if (next()[1] !== sign) wrong();
  };
  const list = (close: string): unknown[] => {
    const items: unknown[] = [];
    while (peek() !== close) {
      items.push(value());
      if (peek() !== close) expect(',');
    }
    expect(close);
    return items;
  };
  const dict = (): Record<string, unknown> => {
    const entries: [string, unknown][] = [];
    while (peek() !== '}') {
      const key = String(value());
      expect(':');
      entries.push([key, value()]);
      if (peek() !== '}') expect(',');
    }
    expect('}');
    return Object.fromEntries(entries);
  };
  /** array([...], dtype=object) */
  const call = (): unknown => {
    expect('(');
    const first = value();
    while (peek() === ',') {
      expect(',');
      next();
      expect('=');
      next();
    }
    expect(')');
    return first;
  };
  const value = (): unknown => {
    const [, sign, quoted, number, name] = next();
    if (sign === '[') return list(']');
    if (sign === '(') return list(')');
    if (sign === '{') return dict();
    if (quoted !== undefined) return unquote(quoted);
    if (number !== undefined && Number.isFinite(Number(number))) return Number(number);
    if (name === 'array') return call();
    if (name !== undefined && Object.hasOwn(names, name)) return names[name];
    return wrong();
  };
  return { value, end: () => void (text.slice(at).trim() === '' || wrong()) };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\n': '' };

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gisu, (_, x, u, U, other: string) => {
      const code = (x ?? u ?? U) as string | undefined;
      return code === undefined ? (escapes[other] ?? other) : String.fromCodePoint(parseInt(code, 16));
    });
}
