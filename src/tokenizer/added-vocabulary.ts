import type { AddedToken, TokenPattern } from './added-tokens.ts';

type TokenFlags = Omit<AddedToken, 'id'>;

/**
 * The added tokens of the reference (AddedVocabulary): a token that the model has keeps its id there, a new one comes after the
 * last id. What is added again changes the flags that count when it is found, but is still searched where it was first
 * searched (raw or normalized), and a token that is not special there too.
 */
export class AddedVocabulary {
  private readonly byId = new Map<number, AddedToken>();
  private readonly ids = new Map<string, number>();
  private readonly specials = new Map<string, TokenFlags>();
  private readonly others: TokenFlags[] = [];

  /** `size` of the model: a new token's id; one more than its tokens where one of them is there twice. */
  constructor(
    private readonly vocabulary: ReadonlyMap<string, number>,
    private readonly size: number,
  ) {}

  /** The tokens by id. */
  get tokens(): AddedToken[] {
    return [...this.byId.values()].sort((a, b) => a.id - b.id);
  }

  idOf(content: string): number | undefined {
    return this.ids.get(content) ?? this.vocabulary.get(content);
  }

  add(tokens: readonly TokenFlags[]): void {
    for (const token of tokens) {
      if (token.special && token.content !== '' && !this.specials.has(token.content)) {
        this.specials.set(token.content, token);
      }
    }
    let next = this.nextId();
    // A token that was there before is passed over, even if its flags were replaced since.
    const existing: TokenFlags[] = [...this.byId.values()];
    for (const token of tokens) {
      if (token.content === '' || existing.some((known) => sameToken(known, token))) continue;
      existing.push(token);
      const id = this.idOf(token.content) ?? next++;
      this.ids.set(token.content, id);
      this.byId.set(id, { ...token, id });
      if (!this.specials.has(token.content)) this.others.push(token);
    }
  }

  /** What to search for, raw (false) or in the normalized text (true), specials first. */
  patterns(normalized: boolean): TokenPattern[] {
    return [...this.specials.values(), ...this.others]
      .filter((token) => token.normalized === normalized)
      .map(({ content }) => {
        const token = this.byId.get(this.idOf(content) as number) as AddedToken;
        return { content, token, special: this.specials.has(token.content) };
      });
  }

  private nextId(): number {
    const { size } = this;
    const largest = Math.max(-1, ...this.byId.keys());
    return largest >= size || (size === 0 && largest >= 0) ? largest + 1 : size;
  }
}

function sameToken(a: TokenFlags, b: TokenFlags): boolean {
  return (
    a.content === b.content &&
    a.normalized === b.normalized &&
    a.lstrip === b.lstrip &&
    a.rstrip === b.rstrip &&
    a.single_word === b.single_word &&
    a.special === b.special
  );
}
