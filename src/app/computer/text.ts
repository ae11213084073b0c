import { fillSlots, type Slots } from '../messages/fill-slots.ts';
import { language } from '../messages/language.svelte.ts';
import { texts } from './texts.ts';

/** The text of a key in the page's language, with its slots filled. */
export function text(key: keyof typeof texts, slots: Slots = {}): string {
  return fillSlots(texts[key][language.current], slots);
}
