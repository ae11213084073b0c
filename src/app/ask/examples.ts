/** An ordinary text that stands in no training data, and questions about it, to begin with. */
export const exampleContext =
  '港のそばにあるみなと図書館は、1974年に建てられた。設計したのは建築家の近藤さんで、地下の書庫には12万冊の本が並ぶ。去年の台風で屋根が壊れたため、いまは閉まっているが、来年の春にはまた開く予定だ。';

export const exampleQuestions = [
  'みなと図書館はいつ建てられましたか。',
  '図書館を設計したのは誰ですか。',
  '書庫には本が何冊ありますか。',
  '閉まっているのはなぜですか。',
];
