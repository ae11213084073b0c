import type { Language } from '../../errors/manabi-error.ts';

export type TermName =
  | 'squad'
  | 'new-head'
  | 'tokens'
  | 'epoch'
  | 'learning-rate'
  | 'batch'
  | 'weight-decay'
  | 'warmup'
  | 'clipping'
  | 'window'
  | 'seed'
  | 'em'
  | 'f1'
  | 'ceiling';

/** Words of the field in plain ones; loaded when one is asked for. */
export const terms: Record<TermName, Record<Language, string>> = {
  squad: {
    ja: '文章（context）ごとに、質問（question）と、その答えの文字列（text）と、文章の何文字目から始まるか（answer_start）を並べた JSON です。',
    en: 'JSON that lists, for every text (context), its questions, and for each the answer (text) and the character of the context at which it begins (answer_start).',
  },
  'new-head': {
    ja: 'モデルに質問応答の出口がなかったので、乱数で作りました。学習するまでは、でたらめに答えます。',
    en: 'The model had no output for question answering, so one was made from random numbers. It answers at random until it is trained.',
  },
  tokens: {
    ja: 'モデルが読む単位です。文章を、語彙にある文字や語の断片に切ったものです。',
    en: 'What the model reads: the text cut into the characters and pieces of words of its vocabulary.',
  },
  epoch: {
    ja: '学習データ全体を一度通すことです。少ないと覚えきれず、多すぎると学習データだけに合わせてしまいます。',
    en: 'One pass over all training data. Too few and it has not learned yet; too many and it learns the training data by heart.',
  },
  'learning-rate': {
    ja: '一度の更新で重みを動かす大きさです。大きすぎると損失が上がって発散し、小さすぎると進みません。',
    en: 'How far one update moves the weights. Too high and the loss rises and diverges; too low and nothing happens.',
  },
  batch: {
    ja: '一度に見る質問の数です。大きいほど更新は安定し、メモリーを多く使います。',
    en: 'How many questions are seen at once. More make updates steadier and take more memory.',
  },
  'weight-decay': {
    ja: '更新のたびに重みを少し 0 に近づけ、学習データに合わせすぎるのを抑えます。',
    en: 'Draws the weights a little towards 0 at every update, against learning the training data by heart.',
  },
  warmup: {
    ja: '始めのうちだけ学習率を 0 から少しずつ上げる区間です。始めに大きく動いて壊れるのを防ぎます。',
    en: 'The part of the steps over which the learning rate rises from 0, so that the first updates do not break the weights.',
  },
  clipping: {
    ja: '勾配が大きすぎる更新を、この大きさまで縮めます。',
    en: 'Updates whose gradient is larger than this are made smaller, down to it.',
  },
  window: {
    ja: 'モデルが一度に読む長さです。長い文章は、この長さの「窓」に切って読みます。',
    en: 'How much the model reads at once. A longer text is cut into windows of this length.',
  },
  seed: {
    ja: '質問の選び方、順番、新しい重みを決める数です。同じ数なら同じ結果になります。',
    en: 'Decides which questions are drawn, their order and the new weights. The same number gives the same result.',
  },
  em: {
    ja: 'Exact Match：答えが正解と完全に一致した割合です。',
    en: 'Exact match: the share of answers that equal the right one.',
  },
  f1: {
    ja: '答えと正解が何文字（SQuAD では何語）重なるかです。少しだけ長い答えや短い答えにも点が付きます。',
    en: 'How many characters (words, in SQuAD) the answer shares with the right one. An answer that is a little too long or short still counts.',
  },
  ceiling: {
    ja: '答えはトークンの境目でしか切れません。境目と合わない正解は、どんなモデルでも当てられません。',
    en: 'An answer begins and ends where a token does. A right answer that does not can be found by no model.',
  },
};
