import { ManabiError } from '../errors/manabi-error.ts';

type Kind = 'string' | 'number' | 'count' | 'boolean' | 'list' | 'object';

/** Walks a parsed JSON file and names the key in the error when a value is not what it should be. */
export class JsonReader {
  private constructor(
    readonly value: unknown,
    private readonly file: string,
    private readonly key: string,
  ) {}

  /** @throws ManabiError tokenizer-not-json */
  static parse(data: Uint8Array | string, file: string): JsonReader {
    try {
      const text = typeof data === 'string' ? data : new TextDecoder('utf-8', { fatal: true }).decode(data);
      return new JsonReader(JSON.parse(text), file, '');
    } catch (error) {
      throw new ManabiError('tokenizer-not-json', file, { reason: (error as Error).message });
    }
  }

  /** An empty object in place of a file that is not there. */
  static absent(file: string): JsonReader {
    return new JsonReader({}, file, '');
  }

  get place(): string {
    return this.key ? `${this.file} ${this.key}` : this.file;
  }

  /** null or not there. */
  get isNull(): boolean {
    return this.value === null || this.value === undefined;
  }

  get isObject(): boolean {
    return typeof this.value === 'object' && !this.isNull && !Array.isArray(this.value);
  }

  get string(): string {
    return typeof this.value === 'string' ? this.value : this.wrong('string');
  }

  get number(): number {
    return typeof this.value === 'number' ? this.value : this.wrong('number');
  }

  /** A whole number from 0 on, as ids and lengths are; far below 2^32, so that a table of that size can be made. */
  get count(): number {
    const { number } = this;
    return Number.isInteger(number) && number >= 0 && number < 2 ** 28 ? number : this.wrong('count');
  }

  get positiveInteger(): number {
    return this.count > 0 ? this.count : this.wrong('count');
  }

  get boolean(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.wrong('boolean');
  }

  get list(): JsonReader[] {
    if (!Array.isArray(this.value)) return this.wrong('list');
    return this.value.map((value, i) => new JsonReader(value, this.file, `${this.key}[${i}]`));
  }

  /** The list itself, without a reader for each item. */
  get values(): readonly unknown[] {
    return Array.isArray(this.value) ? (this.value as unknown[]) : this.wrong('list');
  }

  get entries(): [string, JsonReader][] {
    if (!this.isObject) return this.wrong('object');
    return Object.keys(this.value as object).map((key) => [key, this.get(key)]);
  }

  get(key: string): JsonReader {
    if (!this.isObject) return this.wrong('object');
    const value = Object.hasOwn(this.value as object, key)
      ? (this.value as Record<string, unknown>)[key]
      : undefined;
    return new JsonReader(value, this.file, this.key ? `${this.key}.${key}` : key);
  }

  /** The same object with some keys of its object `key` replaced. */
  with(key: string, replaced: Record<string, unknown>): JsonReader {
    const own = this.value as Record<string, unknown>;
    const part = { ...(own[key] as Record<string, unknown>), ...replaced };
    return new JsonReader({ ...own, [key]: part }, this.file, this.key);
  }

  wrong(wanted: Kind): never {
    throw new ManabiError('tokenizer-shape', this.file, { key: this.key || 'JSON', wanted });
  }

  /** The error for a part that the reference can run and this project cannot. */
  unsupported(part: string, name: string): ManabiError {
    return new ManabiError('tokenizer-unsupported', this.place, { part, name });
  }
}
