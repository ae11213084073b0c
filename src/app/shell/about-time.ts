import { language } from '../messages/language.svelte.ts';
import { count } from './formats.ts';

/** How long something will take, as far as it can be known before it begins. */
export function aboutTime(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return language.text('underMinute');
  if (minutes < 90) return language.text('aboutMinutes', { count: count(minutes) });
  return language.text('aboutHours', { count: count(Math.round(minutes / 60)) });
}
