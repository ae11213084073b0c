// Where things are on the page: by role and by the text that people read, from src/app/messages. The one place to change with the markup.
import { ja } from '../../src/app/messages/ja.ts';
import { texts as takeAway } from '../../src/app/take-away/texts.ts';

/** A browser with the page in it. */
export interface BrowserPage {
  name: string;
  open(url: string): Promise<void>;
  /** What a function of this source (its body) returns in the page. */
  evaluate(body: string): Promise<unknown>;
  close(): Promise<void>;
}

const text = JSON.stringify;
const button = (name: string) =>
  `[...document.querySelectorAll('button')].find((found) => found.textContent.trim().startsWith(${text(name)}))`;

/** The text keys of the buttons that the job presses. */
export const buttons = {
  useCpu: ja.useCpu,
  trySample: ja.trySample,
  continueRun: ja.continueRun,
  ask: ja.askButton,
  download: takeAway.downloadModel.ja,
};

export const isEnabled = (name: string) =>
  `const found = ${button(name)}; return Boolean(found && !found.disabled)`;
export const press = (name: string) => `${button(name)}.click(); return true`;
export const has = (words: string) => `return document.body.innerText.includes(${text(words)})`;
export const alerts = `return [...document.querySelectorAll('[role=alert]')].map((found) => found.innerText).join(' / ')`;
export const answeredRows = `return document.querySelectorAll('.table tbody tr').length`;
export const stepsDone = `return document.querySelector('.figures')?.innerText.match(/(\\d+) \\/ \\d+/)?.[1] ?? ''`;
export const foundAnswers = `return document.querySelectorAll('.answers li strong').length`;
export const threads = `return crossOriginIsolated`;

/** Types into the field with this label. */
export const fill = (label: string, value: string) => `
  const labels = [...document.querySelectorAll('label')];
  const textOf = (found) => (found.querySelector('span') ?? found).textContent.trim();
  const named = labels.find((found) => textOf(found) === ${text(label)}) ?? labels.find((found) => found.textContent.includes(${text(label)}));
  const field = named?.control ?? document.querySelector('[aria-label="' + ${text(label)} + '"]');
  field.value = ${text(value)};
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return field.value`;

/** From now on the page keeps the first bytes and the size of the Blobs that it offers for download. */
export const keepDownloads = `
  const create = URL.createObjectURL;
  window.offered = [];
  URL.createObjectURL = (blob) => {
    if (blob instanceof Blob) blob.slice(0, 4).arrayBuffer().then((head) => window.offered.push([blob.size, ...new Uint8Array(head)]));
    return create.call(URL, blob);
  };
  return true`;
export const offered = `return JSON.stringify(window.offered)`;

/** From its next opening on the page speaks Japanese, whatever the browser's language. */
export const speakJapanese = `localStorage.setItem('manabi-language', 'ja'); return true`;
