import { ManabiError, type ErrorTexts, type Language } from '../../errors/manabi-error.ts';
import { keptValues } from '../state/kept-values.ts';
import { fillSlots, type Slots } from './fill-slots.ts';
import {
  firstLanguage,
  LANGUAGE_KEY,
  loadMessages,
  type MessageKey,
  type Messages,
} from './load-messages.ts';

const loadErrorTexts: Record<Language, () => Promise<ErrorTexts>> = {
  ja: async () => (await import('../../errors/ja.ts')).ja,
  en: async () => (await import('../../errors/en.ts')).en,
};

/** The language of the page, remembered on this computer. */
class LanguageState {
  current = $state<Language>(firstLanguage());
  private messages = $state.raw<Messages | null>(null);
  private errorTexts = $state.raw<ErrorTexts | null>(null);

  get other(): Language {
    return this.current === 'ja' ? 'en' : 'ja';
  }

  /** Before the page is drawn. */
  async load(): Promise<void> {
    this.messages = await loadMessages[this.current]();
  }

  /** After the page is drawn: what shows an error sooner has its code until then. */
  async loadErrors(): Promise<void> {
    const { current } = this;
    const texts = await loadErrorTexts[current]();
    if (current === this.current) this.errorTexts = texts;
  }

  async toggle(): Promise<void> {
    const next = this.other;
    [this.messages, this.errorTexts] = await Promise.all([loadMessages[next](), loadErrorTexts[next]()]);
    this.current = next;
    keptValues.setItem(LANGUAGE_KEY, next);
  }

  /** The text of a key in the current language, with its slots filled. */
  text(key: MessageKey, slots: Slots = {}): string {
    return fillSlots(this.messages?.[key] ?? '', slots);
  }

  /** What went wrong, in the current language as far as it is known. */
  error(error: Error): string {
    if (error instanceof ManabiError) return this.errorTexts ? error.with(this.errorTexts) : error.message;
    return this.text('unknownError', { message: error.message });
  }
}

export const language = new LanguageState();
