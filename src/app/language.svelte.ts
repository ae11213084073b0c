import type { Language } from '../errors/manabi-error.ts';
import { en } from './messages/en.ts';
import { ja } from './messages/ja.ts';

const KEY = 'manabi-language';

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === 'ja' || kept === 'en') return kept;
  return navigator.language.startsWith('ja') ? 'ja' : 'en';
}

/** The language of the page, remembered on this computer. */
class LanguageState {
  current = $state<Language>(firstLanguage());

  toggle(): void {
    this.current = this.current === 'ja' ? 'en' : 'ja';
    localStorage.setItem(KEY, this.current);
  }

  /** The text of a key in the current language. */
  text(key: keyof typeof ja): string {
    return (this.current === 'ja' ? ja : en)[key];
  }
}

export const language = new LanguageState();
