/** A text that stands in no training data, and questions about it, to begin with. */
export const exampleContext =
  '学び大橋は、青川市にある建造物である。1974年に近藤由紀の設計で建てられた。主に鉄で造られ、高さは81メートルである。1995年に地震で大きな被害を受けた。2003年に12億円をかけて修理された。';

export const exampleQuestions = [
  '学び大橋はいつ建てられたか。',
  '学び大橋の設計者は誰か。',
  '学び大橋の高さはどれくらいか。',
  '学び大橋の修理にはいくらかかったか。',
];
