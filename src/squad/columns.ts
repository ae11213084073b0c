/** What is read of a row. `answers` holds texts with their places in any shape, the two after it one answer's. */
export type Field =
  'id' | 'title' | 'context' | 'question' | 'answers' | 'answer_text' | 'answer_start' | 'is_impossible';

/** Field -> the name that it has in a file. */
export type Columns = Partial<Record<Field, string>>;

// Names that tools and people give each field, without case and separators; the first that is there is taken.
const names: Readonly<Record<Field, readonly string[]>> = {
  id: ['id', 'qid', 'questionid', 'qaid', 'qasid', 'exampleid', 'uid', 'uuid', '番号', '質問番号', '質問id'],
  title: ['title', 'documenttitle', 'articletitle', 'タイトル', '題名', '表題', '記事名'],
  context: [
    'context',
    'contexttext',
    'passage',
    'passagetext',
    'paragraph',
    'document',
    'documenttext',
    'article',
    'content',
    'body',
    'コンテキスト',
    '文脈',
    '文章',
    '本文',
    '段落',
    '記事',
  ],
  question: ['question', 'questiontext', 'query', '質問', '質問文', '設問', '問題', '問題文', '問い', '問'],
  answers: ['answers', 'answer', '回答', '答え', '解答', '正解', '答'],
  answer_text: ['answertext', 'answerstext', 'goldanswer', '回答文', '回答テキスト', '解答文', '答えの文'],
  answer_start: [
    'answerstart',
    'answersanswerstart',
    'answersstart',
    'answerbegin',
    'answeroffset',
    'answerindex',
    'start',
    'startindex',
    'startchar',
    'offset',
    'begin',
    '開始位置',
    '回答開始位置',
    '答えの位置',
    '回答位置',
    '位置',
    '開始',
  ],
  is_impossible: ['isimpossible', 'impossible', 'unanswerable', '回答不能', '回答不可', '答えなし'],
};
const fields = Object.keys(names) as Field[];

const plainName = (name: string) =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.:\-[\]()/]+/g, '');

const known = new Map<string, Columns>();

/** Which of the names stands for which field. */
export function recogniseColumns(present: readonly string[]): Columns {
  const key = present.join('\u0000');
  let columns = known.get(key);
  if (!columns) {
    columns = findColumns(present);
    // The rows of a file have few sets of names; a file in which each has its own must not fill the memory.
    if (known.size > 1000) known.clear();
    known.set(key, columns);
  }
  return columns;
}

function findColumns(present: readonly string[]): Columns {
  const byName = new Map<string, string>();
  for (const name of present) {
    const plain = plainName(name);
    if (!byName.has(plain)) byName.set(plain, name);
  }
  const columns: Columns = {};
  for (const field of fields) {
    const found = names[field].find((name) => byName.has(name));
    if (found !== undefined) columns[field] = byName.get(found);
  }
  // `text` is the answer's beside a context, and the context where there is an answer.
  const text = byName.get('text') ?? byName.get('テキスト');
  if (text !== undefined) {
    if (columns.context === undefined) columns.context = text;
    else columns.answer_text ??= text;
  }
  return columns;
}

/** Whether these are the columns of questions with their contexts and answers. */
export function isTableOfQuestions({ context, question, answers, answer_text }: Columns): boolean {
  return context !== undefined && question !== undefined && (answers ?? answer_text) !== undefined;
}
