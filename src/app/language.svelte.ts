import { ManabiError, type Language } from '../errors/manabi-error.ts';
import { en } from './messages/en.ts';
import { ja } from './messages/ja.ts';

export type MessageKey = keyof typeof ja;

const KEY = 'manabi-language';

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === 'ja' || kept === 'en') return kept;
  return navigator.language.startsWith('ja') ? 'ja' : 'en';
}

/** The language of the page, remembered on this computer. */
class LanguageState {
  current = $state<Language>(firstLanguage());

  get other(): Language {
    return this.current === 'ja' ? 'en' : 'ja';
  }

  toggle(): void {
    this.current = this.other;
    localStorage.setItem(KEY, this.current);
  }

  /** The text of a key in the current language, with its `{name}` slots filled. */
  text(key: MessageKey, slots: Record<string, string | number> = {}): string {
    const text: string = (this.current === 'ja' ? ja : en)[key];
    return text.replace(/\{(\w+)\}/g, (slot, name: string) => String(slots[name] ?? slot));
  }

  /** What went wrong, in the current language as far as it is known. */
  error(error: Error): string {
    if (error instanceof ManabiError) return error.in(this.current);
    return this.text('unknownError', { message: error.message });
  }
}

export const language = new LanguageState();
