import { characterClass } from './character-class.ts';
import { isNewer } from './reference-version.ts';

const word = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const number = /^\p{N}$/u;

/** \w of Rust's regex crate. */
export const isWord = characterClass((code) => word.test(String.fromCodePoint(code)) && !isNewer(code));

/** Rust's char::is_numeric. */
export const isNumeric = characterClass((code) => number.test(String.fromCodePoint(code)));
