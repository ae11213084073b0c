import type { AddedToken } from './added-tokens.ts';
import type { JsonReader } from './json-reader.ts';

/** The small files beside tokenizer.json or spm.model; an absent one reads as {}. */
export interface ConfigFiles {
  tokenizerConfig: JsonReader;
  specialTokensMap: JsonReader;
  addedTokens: JsonReader;
}

type TokenFlags = Omit<AddedToken, 'id'>;

export type SpecialName = 'pad' | 'cls' | 'sep' | 'unk' | 'mask';

export interface TokenizerSettings {
  doLowerCase: boolean;
  splitByPunct: boolean;
  modelMaxLength: number;
  special: Record<SpecialName, TokenFlags>;
  /** Tokens with the id the files give them. */
  added: AddedToken[];
}

// What transformers' DebertaV2Tokenizer has where no file says otherwise; [UNK] is searched after normalization.
const defaults: Record<SpecialName, string> = {
  pad: '[PAD]',
  cls: '[CLS]',
  sep: '[SEP]',
  unk: '[UNK]',
  mask: '[MASK]',
};

// transformers' VERY_LARGE_INTEGER: "no limit is known".
const noLimit = 1e30;

/** Reads tokenizer_config.json, special_tokens_map.json and added_tokens.json; the first file that names a thing wins. */
export function readSettings({
  tokenizerConfig,
  specialTokensMap,
  addedTokens,
}: ConfigFiles): TokenizerSettings {
  const special = Object.fromEntries(
    Object.keys(defaults).map((name) => {
      const key = `${name}_token`;
      const own = tokenizerConfig.get(key);
      return [name, readToken(own.isNull ? specialTokensMap.get(key) : own, name as SpecialName)];
    }),
  ) as Record<SpecialName, TokenFlags>;
  return {
    doLowerCase: readFlag(tokenizerConfig.get('do_lower_case')),
    splitByPunct: readFlag(tokenizerConfig.get('split_by_punct')),
    modelMaxLength: readLimit(tokenizerConfig.get('model_max_length')),
    special,
    added: readAdded(tokenizerConfig.get('added_tokens_decoder'), addedTokens, special),
  };
}

function readFlag(json: JsonReader): boolean {
  return json.isNull ? false : json.boolean;
}

function readLimit(json: JsonReader): number {
  return json.isNull ? noLimit : json.number;
}

function readToken(json: JsonReader, name: SpecialName): TokenFlags {
  if (json.isObject) return { ...readFlags(json), special: true };
  return {
    content: json.isNull ? defaults[name] : json.string,
    normalized: name === 'unk',
    lstrip: false,
    rstrip: false,
    single_word: false,
    special: true,
  };
}

/** An AddedToken as any of the JSON files writes it. */
export function readFlags(json: JsonReader): TokenFlags {
  return {
    content: json.get('content').string,
    normalized: readFlag(json.get('normalized')),
    lstrip: readFlag(json.get('lstrip')),
    rstrip: readFlag(json.get('rstrip')),
    single_word: readFlag(json.get('single_word')),
    special: readFlag(json.get('special')),
  };
}

// Files from before transformers 4.34 have added_tokens.json (content -> id) instead of added_tokens_decoder.
function readAdded(
  decoder: JsonReader,
  legacy: JsonReader,
  special: Record<SpecialName, TokenFlags>,
): AddedToken[] {
  if (!decoder.isNull) {
    return decoder.entries.map(([id, token]) => ({ ...readFlags(token), id: Number(id) }));
  }
  const named = Object.values(special);
  return legacy.entries.map(([content, id]) => {
    const known = named.find((token) => token.content === content);
    const plain = {
      content,
      normalized: true,
      lstrip: false,
      rstrip: false,
      single_word: false,
      special: false,
    };
    return { ...(known ?? plain), id: id.number };
  });
}

/**
 * All added tokens: those of the model file, then what the settings say of them, then the named special tokens that are
 * still missing. A token that the vocabulary has keeps its id there; a new one comes after the last id.
 */
export function mergeAddedTokens(
  fromModel: readonly AddedToken[],
  settings: TokenizerSettings,
  vocabulary: ReadonlyMap<string, number>,
): AddedToken[] {
  const merged = new Map(fromModel.map((token) => [token.content, token]));
  for (const token of settings.added) {
    const id = merged.get(token.content)?.id ?? vocabulary.get(token.content) ?? token.id;
    merged.set(token.content, { ...token, id });
  }
  for (const token of Object.values(settings.special)) {
    if (merged.has(token.content)) continue;
    let next = vocabulary.size;
    for (const { id } of merged.values()) next = Math.max(next, id + 1);
    merged.set(token.content, { ...token, id: vocabulary.get(token.content) ?? next });
  }
  return [...merged.values()];
}
