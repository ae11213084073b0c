// Where things are on the page: by role and by the text that people read, from src/app/messages. The one place to change with the markup.
import { ja } from '../../src/app/messages/ja.ts';
import { texts as takeAway } from '../../src/app/take-away/texts.ts';

/** A browser with the page in it. */
export interface BrowserPage {
  name: string;
  open(url: string): Promise<void>;
  /** What a function of this source (its body) returns in the page. */
  evaluate(body: string): Promise<unknown>;
  /** Gives the page this much room, or as little as the browser's window can be. */
  resize(width: number, height: number): Promise<void>;
  /** A PNG of what is seen. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

const text = JSON.stringify;
const button = (name: string) =>
  `[...document.querySelectorAll('button')].find((found) => found.textContent.trim().startsWith(${text(name)}))`;

/** The texts of the buttons that the job presses. */
export const buttons = {
  trySample: ja.trySample,
  tryOwn: ja.tryOwn,
  pause: ja.pause,
  resume: ja.resume,
  stop: ja.stop,
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
/** The step that the run is at; 0 before the first. */
export const stepsDone = `return Number(document.querySelector('.figures')?.innerText.match(/(\\d+) \\/ \\d+/)?.[1] ?? 0)`;
export const foundAnswers = `return document.querySelectorAll('.answers li strong').length`;
/** What the page computes on, once that is known: "CPU · 3 スレッド · …". */
export const device = `return document.querySelector('.badge') && document.querySelector('[data-device]').innerText`;
export const newestRun = `return document.querySelector('.runs li')?.innerText ?? ''`;
export const hasChart = `return Boolean(document.querySelector('.uplot canvas'))`;
/** [the width that the content needs, the width that it has]. */
export const widths = `return [document.documentElement.scrollWidth, innerWidth]`;
/** The page once more, in a frame of this size over it: for a window that cannot be so small. */
export const openFrame = (width: number, height: number) => `
  const frame = document.createElement('iframe');
  frame.src = location.href;
  frame.id = 'frame';
  frame.style = 'position: fixed; inset: 0; z-index: 9; border: 0; width: ${width}px; height: ${height}px';
  document.body.append(frame);
  return true`;
/** The widths in the frame, once the page in it is drawn. */
export const frameWidths = `
  const { contentDocument: inner, contentWindow } = document.getElementById('frame');
  return inner.querySelector('.runs li') && [inner.documentElement.scrollWidth, contentWindow.innerWidth]`;
export const closeFrame = `document.getElementById('frame').remove(); return true`;

/** Types into the field with this label; false where it is not there yet. */
export const fill = (label: string, value: string) => `
  const labels = [...document.querySelectorAll('label')];
  const textOf = (found) => (found.querySelector('span') ?? found).textContent.trim();
  const named = labels.find((found) => textOf(found) === ${text(label)}) ?? labels.find((found) => found.textContent.includes(${text(label)}));
  const field = named?.control ?? document.querySelector('[aria-label="' + ${text(label)} + '"]');
  if (!field) return false;
  field.value = ${text(value)};
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return true`;

/** Drops files on the box with this label, as a browser does; false where the page is busy and takes none. */
export const drop = (label: string, files: { name: string; url?: string; content?: string }[]) => `
  const box = document.querySelector('.drop[aria-label="' + ${text(label)} + '"]');
  if (!box || box.classList.contains('disabled')) return false;
  const made = ${text(files)}.map(async ({ name, url, content }) =>
    new File([content ?? await (await fetch(url)).blob()], name));
  Promise.all(made).then((files) => {
    const dataTransfer = new DataTransfer();
    for (const file of files) dataTransfer.items.add(file);
    box.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  return true`;

/** From now on the page keeps what it offers for download. */
export const keepDownloads = `
  const create = URL.createObjectURL;
  window.offered = '';
  URL.createObjectURL = (blob) => {
    const reader = new FileReader();
    reader.onload = () => (window.offered = reader.result.split(',')[1]);
    if (blob instanceof Blob) reader.readAsDataURL(blob);
    return create.call(URL, blob);
  };
  return true`;
/** The last of it in base64. */
export const offered = `return window.offered`;

/** From its next opening on the page speaks Japanese, whatever the browser's language. */
export const speakJapanese = `localStorage.setItem('manabi-language', 'ja'); return true`;
