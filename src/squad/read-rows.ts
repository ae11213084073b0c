import { recogniseColumns } from './columns.ts';
import type { DataRepairs, ExcludedRow, SquadExample } from './example.ts';
import { listAnswers, pairAnswers, placeAnswers, valueInText } from './read-answers.ts';

/** What a row has from the article and paragraph around it. */
interface Surroundings {
  title: unknown;
  context: unknown;
}

/** Collects the rows of a file: those that are used and those that are left out, with their places. */
export class RowReader {
  readonly examples: SquadExample[] = [];
  readonly excluded: ExcludedRow[] = [];
  readonly repairs: DataRepairs = noRepairs();
  /** Whether an article with paragraphs was met. */
  nested = false;
  private readonly seen = new Set<string>();

  /** An article, a paragraph or a question. */
  read(value: unknown, place: string, around: Surroundings = { title: undefined, context: undefined }): void {
    if (!isObject(value)) return this.exclude(place, 'object');
    if (Object.hasOwn(value, 'paragraphs')) {
      this.nested = true;
      return this.readAll(value.paragraphs, `${place}.paragraphs`, { ...around, title: value.title });
    }
    if (Object.hasOwn(value, 'qas')) {
      this.nested = true;
      const title = value.title ?? around.title;
      return this.readAll(value.qas, `${place}.qas`, { title, context: value.context ?? around.context });
    }
    return this.readQuestion(value, place, around);
  }

  readAll(values: unknown, place: string, around?: Surroundings): void {
    if (!Array.isArray(values)) return this.exclude(place, 'array');
    for (const [i, value] of values.entries()) this.read(value, `${place}[${i}]`, around);
  }

  private readQuestion(row: Record<string, unknown>, place: string, around: Surroundings): void {
    const columns = recogniseColumns(Object.keys(row));
    const get = (name: string | undefined) => (name === undefined ? undefined : row[name]);
    const question = get(columns.question);
    const context = get(columns.context) ?? around.context;
    if (columns.question === undefined && context === undefined) {
      return this.exclude(place, 'object with context and question');
    }
    const own = idOf(get(columns.id));
    const id = own ?? place;
    const leaveOut = (reason: ExcludedRow['reason'], more: Partial<ExcludedRow> = {}) =>
      void this.excluded.push({ place, id, reason, ...more });
    if (this.seen.has(id)) return leaveOut('duplicate-id');
    this.seen.add(id);
    if (isMissing(context) || (typeof context === 'string' && context.trim() === '')) {
      return leaveOut('empty-context');
    }
    if (isMissing(question) || (typeof question === 'string' && question.trim() === '')) {
      return leaveOut('empty-question');
    }
    if (typeof context !== 'string') return leaveOut('not-a-question', { wanted: 'string: context' });
    if (typeof question !== 'string') return leaveOut('not-a-question', { wanted: 'string: question' });

    const is_impossible = isTrue(get(columns.is_impossible));
    const start = valueInText(get(columns.answer_start));
    let given = listAnswers(get(columns.answers));
    // The place of an answer may stand in a column of its own, and its text too.
    if (columns.answer_text !== undefined && !given?.length)
      given = pairAnswers(valueInText(get(columns.answer_text)), start);
    else if (given?.length === 1 && given[0].start === undefined) given = pairAnswers(given[0].text, start);
    // A place without a text is an answer all the same, and no question without one.
    const hasText = columns.answers !== undefined || columns.answer_text !== undefined;
    if (!given || (!hasText && !is_impossible && isPlace(start))) return leaveOut('answer-shape');
    const answers = is_impossible ? [] : placeAnswers(given, context, this.repairs);
    const title = get(columns.title) ?? around.title;
    const example = { id, title: typeof title === 'string' ? title : '', question, context };
    if (!Array.isArray(answers)) {
      const { reason, standsAt: start } = answers;
      if (start === undefined) return leaveOut(reason);
      const placed = placeAnswers([{ ...given[0], start }, ...given.slice(1)], context, noRepairs());
      if (!Array.isArray(placed)) return leaveOut(reason);
      const mended = { ...example, answers: placed, is_impossible: false };
      return leaveOut(reason, { standsAt: start, mended: { example: mended, after: this.examples.length } });
    }
    if (own === null) this.repairs.idsFromPlace++;
    this.examples.push({ ...example, answers, is_impossible: answers.length === 0 });
  }

  private exclude(place: string, wanted: string): void {
    this.excluded.push({ place, id: '', reason: 'not-a-question', wanted });
  }
}

function noRepairs(): DataRepairs {
  return { idsFromPlace: 0, startsFromText: 0, startsMoved: 0, startsFound: 0, startsMended: 0 };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

/** An id of any scalar type, as it is written; null where there is none. */
function idOf(value: unknown): string | null {
  if (isMissing(value) || value === '' || typeof value === 'object') return null;
  return String(value);
}

function isPlace(start: unknown): boolean {
  return (typeof start === 'number' || typeof start === 'string') && start !== '' && Number(start) >= 0;
}

function isTrue(value: unknown): boolean {
  if (typeof value === 'string') return /^(true|yes|1(\.0*)?)$/i.test(value.trim());
  return value === true || value === 1 || value === 1n;
}
