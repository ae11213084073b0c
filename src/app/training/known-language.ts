// uPlot formats numbers for `navigator.language` from the moment it is loaded on. In a process without a locale that is "C", which Intl does not know:
// it throws, and there would be no chart. The browser's own name of the language is replaced then, before uPlot is loaded.
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
}
