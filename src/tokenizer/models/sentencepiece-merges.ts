/**
 * The merges of a BPE model of SentencePiece, which stores the scores of its pieces only: every cut of a piece into two others, best score first, as
 * transformers' generate_merges orders them. Each is [left, right, result], by ids.
 */
export function sentencePieceMerges(
  pieces: readonly { text: string; score: number }[],
  vocabulary: ReadonlyMap<string, number>,
): [left: number, right: number, result: number][] {
  // Of two pieces of one text the later gives id and score, in the place of the first.
  const scores = new Map(pieces.map(({ text, score }) => [text, score]));
  const found: { merge: [number, number, number]; score: number; cut: number; length: number }[] = [];
  for (const [text, score] of scores) {
    const characters = [...text];
    const result = vocabulary.get(text);
    if (result === undefined) continue;
    const ofPiece: typeof found = [];
    let at = 0;
    for (let cut = 1; cut < characters.length; cut++) {
      at += characters[cut - 1].length;
      const [left, right] = [vocabulary.get(text.slice(0, at)), vocabulary.get(text.slice(at))];
      if (left === undefined || right === undefined) continue;
      ofPiece.push({ merge: [left, right, result], score, cut, length: characters.length });
    }
    found.push(...ofPiece.sort(({ merge: a }, { merge: b }) => a[0] - b[0] || a[1] - b[1]));
  }
  // Longer left parts first, then longer right ones; sorting is stable.
  found.sort((a, b) => b.score - a.score || b.cut - a.cut || b.length - b.cut - (a.length - a.cut));
  return found.map(({ merge }) => merge);
}
