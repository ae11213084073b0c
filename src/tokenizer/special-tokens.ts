import type { AddedToken } from './added-tokens.ts';
import type { AddedVocabulary } from './added-vocabulary.ts';
import type { JsonReader } from './json-reader.ts';
import type { TokenizerClass } from './tokenizer-class.ts';

/** The small files beside tokenizer.json or spm.model; an absent one reads as {}. */
export interface ConfigFiles {
  tokenizerConfig: JsonReader;
  specialTokensMap: JsonReader;
  addedTokens: JsonReader;
}

type TokenFlags = Omit<AddedToken, 'id'>;

/** As transformers has it before the token is added: `normalized` null means "if it is not special". */
type LooseToken = Omit<TokenFlags, 'normalized'> & { normalized: boolean | null };

/** A special token by its text alone, or with flags. */
export type NamedToken = string | LooseToken;

const names = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
export type SpecialName = (typeof names)[number];

export interface SpecialTokens {
  named: ReadonlyMap<SpecialName, NamedToken>;
  /** Of added_tokens_decoder or what stands for it, by id. */
  declared: LooseToken[];
  /** additional_special_tokens */
  additional: NamedToken[];
  /** extra_special_tokens */
  extra: NamedToken[];
}

/**
 * The special tokens of a folder, in transformers' order: where tokenizer_config.json has no added_tokens_decoder,
 * special_tokens_map.json overrides it, and added_tokens.json and then tokenizer.json declare the added tokens.
 */
export function readSpecialTokens(
  { tokenizerConfig, specialTokensMap, addedTokens }: ConfigFiles,
  inTokenizerJson: readonly AddedToken[],
  { defaults, maskFlags }: TokenizerClass,
): SpecialTokens {
  const named = new Map<SpecialName, NamedToken | null>();
  const take = (file: JsonReader, force: Partial<LooseToken>) => {
    for (const name of names) {
      const json = file.get(`${name}_token`);
      if (json.value !== undefined) named.set(name, json.isNull ? null : readNamed(json, force));
    }
  };
  take(tokenizerConfig, {});
  let additional = readList(tokenizerConfig.get('additional_special_tokens'), {});
  const declared = new Map<number, LooseToken>();
  /** Declared tokens whose flags a special token of the same text takes. Those of added_tokens.json are not among them. */
  const byContent = new Map<string, LooseToken>();
  const declare = (id: number, token: LooseToken) => {
    declared.set(id, token);
    byContent.set(token.content, token);
  };
  const decoder = tokenizerConfig.get('added_tokens_decoder');
  if (decoder.isNull) {
    take(specialTokensMap, { special: true });
    const list = specialTokensMap.get('additional_special_tokens');
    const inMap = readList(list, { special: true });
    additional = list.value === null ? [] : [...additional, ...inMap];
    // What tokenizer_config.json writes as an object is not known by its text yet.
    const known = [...names.map((name) => specialTokensMap.get(`${name}_token`)).map(tokenOrNull), ...inMap];
    const plainOnes = [...named.values(), ...additional].filter((token) => typeof token === 'string');
    const special = new Set([...plainOnes, ...known].map(contentOf));
    for (const [content, id] of addedTokens.entries) {
      const isSpecial = special.has(content);
      declared.set(id.count, { ...plain(content), normalized: !isSpecial, special: isSpecial });
    }
    for (const token of inTokenizerJson) declare(token.id, token);
  } else {
    for (const [id, token] of decoder.entries) declare(Number(id), readLoose(token));
  }
  for (const name of names) {
    const token = named.get(name);
    if (token === undefined && defaults[name] !== undefined) named.set(name, defaults[name]);
    else if (token) named.set(name, byContent.get(contentOf(token)) ?? token);
  }
  const mask = named.get('mask');
  if (typeof mask === 'string' && maskFlags) named.set('mask', { content: mask, ...maskFlags });
  const extra = tokenizerConfig.get('extra_special_tokens');
  return {
    named: new Map([...named].filter((entry): entry is [SpecialName, NamedToken] => entry[1] !== null)),
    declared: [...declared].sort(([a], [b]) => a - b).map(([, token]) => token),
    additional,
    extra: extra.isNull ? [] : extra.entries.map(([, token]) => readNamed(token, {})),
  };
}

/** Adds what the settings name to the tokens of the model file, as PreTrainedTokenizerFast does. */
export function addSpecialTokens(tokens: SpecialTokens, vocabulary: AddedVocabulary): void {
  const special = allSpecialTokens(tokens);
  const contents = new Set(special.map(contentOf));
  const known = new Set(vocabulary.tokens.map(({ content }) => content));
  const added = [...tokens.declared];
  for (const { content } of added) known.add(content);
  // A token with flags is added again even where its text is known: the flags of the last one count.
  for (const token of special) {
    if (typeof token !== 'string') added.push(token);
    else if (!known.has(token)) added.push({ ...plain(token), normalized: null });
  }
  vocabulary.add(
    added.map((token) => settled({ ...token, special: token.special || contents.has(token.content) })),
  );
}

/** In transformers' order, each text once; but what the list of additional ones has twice is there twice. */
function allSpecialTokens({ named, additional, extra }: SpecialTokens): NamedToken[] {
  const seen = new Set<string>();
  const inOrder = names.map((name) => named.get(name)).filter((token) => token !== undefined);
  return [...inOrder.map((token) => [token]), additional, ...extra.map((token) => [token])].flatMap(
    (group) => {
      const fresh = group.filter((token) => contentOf(token) !== '' && !seen.has(contentOf(token)));
      for (const token of fresh) seen.add(contentOf(token));
      return fresh;
    },
  );
}

/** An AddedToken as tokenizer.json writes it. */
export function readFlags(json: JsonReader): TokenFlags {
  return settled(readLoose(json));
}

export function contentOf(token: NamedToken | null): string {
  return typeof token === 'string' ? token : (token?.content ?? '');
}

function plain(content: string): TokenFlags {
  return { content, normalized: false, lstrip: false, rstrip: false, single_word: false, special: false };
}

function settled(token: LooseToken): TokenFlags {
  return { ...token, normalized: token.normalized ?? !token.special };
}

function readList(json: JsonReader, force: Partial<LooseToken>): NamedToken[] {
  return json.isNull ? [] : json.list.map((token) => readNamed(token, force));
}

function tokenOrNull(json: JsonReader): NamedToken | null {
  return json.isNull ? null : readNamed(json, { special: true });
}

function readNamed(json: JsonReader, force: Partial<LooseToken>): NamedToken {
  return json.isObject ? { ...readLoose(json), ...force } : json.string;
}

function readLoose(json: JsonReader): LooseToken {
  const flag = (key: string) => (json.get(key).isNull ? false : json.get(key).boolean);
  const normalized = json.get('normalized');
  return {
    content: json.get('content').string,
    normalized: normalized.isNull ? null : normalized.boolean,
    lstrip: flag('lstrip'),
    rstrip: flag('rstrip'),
    single_word: flag('single_word'),
    special: flag('special'),
  };
}
