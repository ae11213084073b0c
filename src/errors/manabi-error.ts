import type { en } from './en.ts';

export type Language = 'ja' | 'en';
export type ErrorCode = keyof typeof en;
/** A text per code: what is wrong, then what to do. */
export type ErrorTexts = Record<ErrorCode, string>;

let messageTexts: ErrorTexts | null = null;

/**
 * From here on the `message` of an error is a sentence. Terminals and tests ask for it (in-english.ts); the page loads the texts of its language alone,
 * and neither it nor its workers show a `message`.
 */
export function setMessageTexts(texts: ErrorTexts): void {
  messageTexts = texts;
}

/**
 * The one error that reaches a user: what is wrong (`code`), where (`place`: file, key, row) and, through the
 * code's text, what to do. `details` fill the `{name}` slots of the text.
 */
export class ManabiError extends Error {
  readonly code: ErrorCode;
  readonly place: string;
  readonly details: Record<string, string | number>;

  constructor(code: ErrorCode, place: string, details: Record<string, string | number> = {}) {
    super(describe(messageTexts?.[code] ?? code, place, details));
    this.name = 'ManabiError';
    this.code = code;
    this.place = place;
    this.details = details;
  }

  /** The error in the language of the texts. */
  with(texts: ErrorTexts): string {
    return describe(texts[this.code], this.place, this.details);
  }
}

function describe(text: string, place: string, details: Record<string, string | number>) {
  const filled = text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? ''));
  return place ? `${place}: ${filled}` : filled;
}
