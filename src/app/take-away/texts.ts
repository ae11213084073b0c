import type { PartTexts } from '../messages/part-texts.ts';

/** Texts of what people take away: loaded with their part of the page, not before it is drawn. */
export const texts = {
  downloadModel: { ja: 'モデル（.zip）', en: 'Model (.zip)' },
  downloadHint: {
    ja: '展開したフォルダーを AutoModelForQuestionAnswering.from_pretrained で読み込めます。',
    en: 'Unpack it and load the folder with AutoModelForQuestionAnswering.from_pretrained.',
  },
  downloadCheckpoint: { ja: 'Python で続ける（.zip）', en: 'Continue in Python (.zip)' },
  checkpointHint: {
    ja: 'チェックポイントと continue_training.py です。Hugging Face の Trainer でこの学習をそのまま続けられます。',
    en: "The checkpoint and continue_training.py, which goes on with this run in Hugging Face's Trainer.",
  },
  title: { ja: 'ほかの場所で使う', en: 'Use it elsewhere' },
  hint: {
    ja: '今のモデルから、ほかのページや Python で動くファイルを作ります。',
    en: 'Makes files from the current model that run in other pages or in Python.',
  },
  what: { ja: '作るもの', en: 'What to make' },
  onnx: { ja: 'ONNX', en: 'ONNX' },
  'web-page': { ja: 'Web ページ', en: 'Web page' },
  python: { ja: 'Python', en: 'Python' },
  'about-onnx': {
    ja: 'transformers.js と onnxruntime で動くフォルダーです。作ったあと、評価データの質問で確かめられます。',
    en: 'A folder that runs in transformers.js and onnxruntime. Once made, it can be checked on the evaluation questions.',
  },
  'about-web-page': {
    ja: '文章と質問に答える 1 つのページです。どの静的ホスティングにも置け、ネットワークなしで動きます。展開したフォルダーで npx serve を実行すると開けます。',
    en: 'A page that answers questions about a text. It runs on any static host and without a network; to open it, run npx serve in the unpacked folder.',
  },
  'about-python': {
    ja: 'transformers で読み込めるフォルダーと、端末から質問できる predict.py です。',
    en: 'A folder that transformers loads, with predict.py, which answers from a terminal.',
  },
  type: { ja: '数値の型', en: 'Type of the numbers' },
  fp32: { ja: 'float32（そのまま）', en: 'float32 (as trained)' },
  fp16: { ja: 'float16（半分の大きさ）', en: 'float16 (half the size)' },
  q8: { ja: '8 ビット（約 4 分の 1）', en: '8 bits (about a quarter)' },
  twoFiles: {
    ja: 'このモデルの {types} は 2 GB を超え、ONNX は 2 つのファイルになります。onnxruntime では読み込めますが、transformers.js 2 とこのページの「確かめる」では読み込めません。そこで使うには、もっと小さい型を選んでください。',
    en: '{types} of this model is above 2 GB, which makes its ONNX two files. onnxruntime reads them; transformers.js 2, and so the check on this page, does not. For those choose a smaller type.',
  },
  make: { ja: '作る', en: 'Make' },
  files: { ja: '作ったファイル', en: 'Files made' },
  filesTotal: { ja: '{count} 個、{size}', en: '{count} {count|file|files}, {size}' },
  check: { ja: '確かめる', en: 'Check the export' },
  checkHint: {
    ja: '作ったファイルを transformers.js で読み込み、評価データの質問（最大 {count} 問）の答えをこのページの計算と比べます。',
    en: 'Loads the files in transformers.js and compares its answers to the evaluation questions ({count} at most) with those of this page.',
  },
  unchecked: {
    ja: 'まだ確かめていません：{types}',
    en: 'Not checked yet: {types}',
  },
  size: { ja: '大きさ', en: 'Size' },
  em: { ja: 'JGLUE EM（このページ）', en: 'JGLUE EM (this page)' },
  f1: { ja: 'JGLUE F1（このページ）', en: 'JGLUE F1 (this page)' },
  sameTokens: { ja: '同じトークン', en: 'Same tokens' },
  sameAnswers: { ja: '同じ答え', en: 'Same answers' },
  logits: { ja: 'ロジットの差（最大）', en: 'Largest difference of a logit' },
  time: { ja: '1 問の時間', en: 'Time per question' },
  agrees: {
    ja: '{count} 問すべてで、このページの計算と一致しました。',
    en: 'It agrees with this page on {count} {count|question|questions}.',
  },
  differs: {
    ja: '{total} 問のうち {count} 問で、このページの計算と違います。保存せずに作り直し、それでも違えば報告してください。',
    en: 'It differs from this page on {count} of {total} questions. Do not save it; make it again, and report it if it still differs.',
  },
  costs: {
    ja: '{type} の EM は float32 より {points} ポイント低くなります。保存する前に、この差でよいか確かめてください。',
    en: 'EM of {type} is {points} points below float32. Make sure that this is acceptable before you save it.',
  },
  differentTokens: { ja: 'トークンが違う', en: 'other tokens' },
  answers: { ja: '書き出し「{onnx}」、このページ「{engine}」', en: 'Export “{onnx}”, this page “{engine}”' },
  save: { ja: '保存（.zip）', en: 'Save (.zip)' },
  upload: { ja: 'Hugging Face に送る', en: 'Send to Hugging Face' },
  uploadHint: {
    ja: '上の {count} 個のファイル（{size}）を送ります。送るのはこれだけです。トークンは今回だけ使い、どこにも残しません。',
    en: 'Sends the {count} {count|file|files} listed above ({size}) and nothing else. The token is used this once and kept nowhere.',
  },
  repo: { ja: 'リポジトリ（名前/モデル）', en: 'Repository (name/model)' },
  token: { ja: 'write トークン', en: 'Write token' },
  isPrivate: { ja: '非公開にする', en: 'Private' },
  send: { ja: '送る', en: 'Send' },
  sent: { ja: '送りました：', en: 'Sent: ' },
} as const satisfies PartTexts;
