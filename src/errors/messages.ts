// Every error code with its message in both languages: what is wrong, then what to do. One block per room.
export const messages = {
  // squad
  'squad-empty': {
    ja: 'ファイルが空です。SQuAD 形式の JSON ファイルを選んでください。',
    en: 'The file is empty. Choose a JSON file in SQuAD format.',
  },
  'squad-csv': {
    ja: 'CSV のようです。SQuAD 形式の JSON（data → paragraphs → qas）に変換してから選んでください。',
    en: 'This looks like CSV. Convert it to SQuAD-format JSON (data → paragraphs → qas) and choose that file.',
  },
  'squad-not-json': {
    ja: 'JSON として読めません（{reason}）。ファイルが途中で切れていないか確かめてください。',
    en: 'Not valid JSON ({reason}). Check that the file is complete.',
  },
  'squad-not-utf8': {
    ja: 'UTF-8 ではありません。文字コードを UTF-8 に変換してください。',
    en: 'Not UTF-8. Convert the file to UTF-8.',
  },
  'squad-shape': {
    ja: '{key} は {wanted} のはずですが違います。SQuAD 形式（data → paragraphs → context, qas → id, question, answers）か確かめてください。',
    en: '{key} should be of type {wanted}. Check that the file is in SQuAD format (data → paragraphs → context, qas → id, question, answers).',
  },
  'squad-too-large': {
    ja: '{size} MB あり、上限の {limit} MB を超えています。ファイルを分割してください。',
    en: '{size} MB is over the limit of {limit} MB. Split the file.',
  },
  // tokenizer
  // features
  // checkpoint
  // gpu
  'gpu-unavailable': {
    ja: 'WebGPU が使えません。最新の Chrome か Edge で開き、グラフィックドライバーを更新してください。',
    en: 'WebGPU is not available. Open the page in a current Chrome or Edge and update the graphics driver.',
  },
  'gpu-no-adapter': {
    ja: '使える GPU が見つかりません。chrome://gpu で WebGPU の状態を確かめ、ドライバーを更新するか、CPU（低速）を選んでください。',
    en: 'No usable GPU was found. Check WebGPU on chrome://gpu and update the driver, or choose the CPU (slow).',
  },
  'gpu-error': {
    ja: 'GPU がエラーを返しました（{reason}）。バッチを小さくして、最後のチェックポイントから再開してください。',
    en: 'The GPU reported an error ({reason}). Use a smaller batch and continue from the last checkpoint.',
  },
  'gpu-lost': {
    ja: 'GPU との接続が失われました（{reason}）。最後のチェックポイントから再開できます。',
    en: 'The GPU was lost ({reason}). The run can go on from its last checkpoint.',
  },
  'gpu-buffer-too-large': {
    ja: '{bytes} バイトのバッファーが必要ですが、この GPU の上限は {limit} です。バッチか max_seq_length を小さくしてください。',
    en: 'A buffer of {bytes} bytes is needed, and this GPU allows {limit}. Use a smaller batch or max_seq_length.',
  },
  // model
  'config-shape': {
    ja: '{key} は {wanted} のはずですが違います。モデルの config.json か確かめてください。',
    en: '{key} should be: {wanted}. Check that this is the config.json of a model.',
  },
  'config-architecture': {
    ja: 'model_type が {found} のモデルは扱えません。deberta-v2 のモデルを選んでください。',
    en: 'Models of model_type {found} cannot be used. Choose a deberta-v2 model.',
  },
  'config-unsupported': {
    ja: '{key} = {value} には対応していません。ほかの DeBERTa-v2 モデルを選んでください。',
    en: '{key} = {value} is not supported. Choose another DeBERTa-v2 model.',
  },
  // training
  // answering
  'answer-empty-question': {
    ja: '質問が空です。質問を入力してください。',
    en: 'The question is empty. Enter a question.',
  },
  'answer-empty-context': {
    ja: '文章が空です。答えを探す文章を入力してください。',
    en: 'The text is empty. Enter the text to look for the answer in.',
  },
  'answer-stride': {
    ja: 'doc_stride（{doc_stride}）は max_seq_len（{max_seq_len}）以下にしてください。',
    en: 'doc_stride ({doc_stride}) must not be larger than max_seq_len ({max_seq_len}).',
  },
  'answer-unknown-example': {
    ja: 'この id の質問がデータにありません。同じデータから特徴量を作り直してください。',
    en: 'No question of the data has this id. Make the features from the same data.',
  },
  // storage
  // workers
  // cli
} satisfies Record<string, { ja: string; en: string }>;

export type ErrorCode = keyof typeof messages;
