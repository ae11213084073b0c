import type { PartTexts } from '../messages/part-texts.ts';

/** Texts of the computer that the page runs on: loaded with their part of the page. */
export const texts = {
  title: { ja: 'このコンピューター', en: 'This computer' },
  hint: {
    ja: '何で計算するかは、ここで測った速さで決まります。自分で選ぶこともできます。',
    en: 'What computes is decided by the speeds measured here. You can also choose yourself.',
  },
  machine: { ja: '計算に使うもの', en: 'What computes' },
  fastest: { ja: '速いものを自動で選ぶ', en: 'Whatever is fastest' },
  webgpu: { ja: 'GPU（このページの計算）', en: "GPU (the page's own kernels)" },
  tfjs: { ja: 'GPU（TensorFlow.js、遅い）', en: 'GPU (TensorFlow.js, slower)' },
  cpu: { ja: 'CPU（WebAssembly）', en: 'CPU (WebAssembly)' },
  used: { ja: '使用中', en: 'in use' },
  notMeasured: { ja: '未測定', en: 'not measured' },
  noMachine: { ja: 'なし', en: 'none' },
  products: { ja: '行列積', en: 'Matrix products' },
  attention: { ja: 'アテンション', en: 'Attention' },
  copies: { ja: 'メモリーの読み書き', en: 'Reading and writing memory' },
  builtIn: { ja: '内蔵モデルの学習', en: 'Training the built-in model' },
  base: { ja: 'base モデルの学習', en: 'Training a base-size model' },
  estimated: {
    ja: '学習の速さ（128 トークンの行を 8 つずつ）は、測った速さからの見積もりです。',
    en: 'Training speeds (rows of 128 tokens, 8 at a time) are estimated from what was measured.',
  },
  perSecond: { ja: '{count} 例/秒', en: '{count} examples/s' },
  measure: { ja: '測り直す（TensorFlow.js も）', en: 'Measure again (TensorFlow.js too)' },
  threads: { ja: 'CPU のスレッド数', en: 'CPU threads' },
  threadsHint: {
    ja: '空欄にすると {default}（コアの数から、画面のための 1 つを引いたもの）です。',
    en: 'Empty: {default}, the cores that the browser tells but one, which is left for the page.',
  },
  oneThread: {
    ja: 'このページはスレッドを使えないため、1 スレッドで計算します。',
    en: 'This page cannot use threads here, so one computes.',
  },
  report: { ja: '測定結果の全文', en: 'All of it as text' },
  copy: { ja: 'コピー', en: 'Copy' },
  copied: { ja: 'コピーしました', en: 'Copied' },
  leftForTfjs: {
    ja: 'そのため同じ GPU を TensorFlow.js で使います。遅くなりますが、結果は正しいことを確かめました。',
    en: 'TensorFlow.js computes on the same GPU instead: slower, and found to be right.',
  },
  leftForCpu: { ja: 'そのため CPU で続けます。', en: 'The CPU goes on instead.' },
  details: { ja: 'くわしい報告', en: 'The report' },
} as const satisfies PartTexts;
