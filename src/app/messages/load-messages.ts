import type { Language } from '../../errors/manabi-error.ts';
import { keptValues } from '../state/kept-values.ts';
import type { ja } from './ja.ts';

export type MessageKey = keyof typeof ja;
export type Messages = Record<MessageKey, string>;

/** Where the language that somebody has chosen is remembered on this computer. */
export const LANGUAGE_KEY = 'manabi-language';

/** The page is drawn with the texts of one language; the other's are loaded when they are asked for. */
export const loadMessages: Record<Language, () => Promise<Messages>> = {
  ja: async () => (await import('./ja.ts')).ja,
  en: async () => (await import('./en.ts')).en,
};

/** The one that was chosen here before, else that of the browser. */
export function firstLanguage(): Language {
  const kept = keptValues.getItem(LANGUAGE_KEY);
  if (kept === 'ja' || kept === 'en') return kept;
  return /^ja\b/i.test(navigator.language) ? 'ja' : 'en';
}
