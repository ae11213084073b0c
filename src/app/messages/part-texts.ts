import type { Language } from '../../errors/manabi-error.ts';
import { fillSlots, type Slots } from './fill-slots.ts';
import { language } from './language.svelte.ts';

/** Texts that are loaded with their part of the page, not before it is drawn. */
export type PartTexts = Record<string, Record<Language, string>>;

/** Gives the text of a key in the page's language, with its slots filled. */
export function textOf<Key extends string>(texts: Record<Key, Record<Language, string>>) {
  return (key: Key, slots: Slots = {}): string => fillSlots(texts[key][language.current], slots);
}
