import { en } from './en.ts';
import { setMessageTexts } from './manabi-error.ts';

// For what shows errors in a terminal: imported for its effect.
setMessageTexts(en);
