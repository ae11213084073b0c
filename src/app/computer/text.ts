import { textOf } from '../messages/part-texts.ts';
import { texts } from './texts.ts';

export const text = textOf(texts);
