import { messages, type ErrorCode } from './messages.ts';

export type Language = 'ja' | 'en';

/**
 * The one error that reaches a user: what is wrong (`code`), where (`place`: file, key, row) and, through the
 * code's message, what to do. `details` fill the `{name}` slots of the message.
 */
export class ManabiError extends Error {
  readonly code: ErrorCode;
  readonly place: string;
  readonly details: Record<string, string | number>;

  constructor(code: ErrorCode, place: string, details: Record<string, string | number> = {}) {
    super(describe(code, place, details, 'en'));
    this.name = 'ManabiError';
    this.code = code;
    this.place = place;
    this.details = details;
  }

  /** The message in the language of the page. */
  in(language: Language): string {
    return describe(this.code, this.place, this.details, language);
  }
}

function describe(
  code: ErrorCode,
  place: string,
  details: Record<string, string | number>,
  language: Language,
) {
  const text = messages[code][language].replace(/\{(\w+)\}/g, (_, name: string) =>
    String(details[name] ?? ''),
  );
  return place ? `${place}: ${text}` : text;
}
