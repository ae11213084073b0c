import { ManabiError } from '../errors/manabi-error.ts';
import { Charsmap } from './charsmap.ts';
import { UnigramTokenizer, type AddedToken, type TokenizerProgram } from './pipeline.ts';
import { readSentencePiece } from './sentencepiece.ts';
import type { Tokenizer } from './tokenizer.ts';
import { Unigram } from './unigram.ts';

export type TokenizerFileName =
  'tokenizer.json' | 'spm.model' | 'tokenizer_config.json' | 'special_tokens_map.json' | 'added_tokens.json';
export type TokenizerFiles = Partial<Record<TokenizerFileName, Uint8Array>>;

interface TokenizerConfig {
  do_lower_case?: boolean;
  split_by_punct?: boolean;
  model_max_length?: number;
}

/**
 * tokenizer.json or, where there is none, spm.model -> one Tokenizer. Throws ManabiError: tokenizer-missing,
 * tokenizer-broken, tokenizer-unsupported (names the part), tokenizer-special-token.
 */
export function readTokenizer(files: TokenizerFiles, place = ''): Tokenizer {
  const config = (
    files['tokenizer_config.json'] ? parse(files['tokenizer_config.json'], place) : {}
  ) as TokenizerConfig;
  const modelMaxLength = Math.min(config.model_max_length ?? 512, 1e9);
  if (files['tokenizer.json']) {
    const program = fromJson(
      parse(files['tokenizer.json'], `${place}/tokenizer.json`),
      `${place}/tokenizer.json`,
    );
    return new UnigramTokenizer({ ...program, modelMaxLength }, place);
  }
  if (files['spm.model']) {
    const program = fromSentencePiece(files['spm.model'], config, `${place}/spm.model`);
    return new UnigramTokenizer({ ...program, modelMaxLength }, place);
  }
  throw new ManabiError('tokenizer-missing', place);
}

type Program = Omit<TokenizerProgram, 'modelMaxLength'>;

function fromSentencePiece(bytes: Uint8Array, config: TokenizerConfig, place: string): Program {
  const { pieces, modelType, byteFallback, unkId, charsmap } = readSentencePiece(bytes, place);
  if (modelType !== 1 && modelType !== 4) throw unsupported(place, `model_type ${modelType}`);
  const added: AddedToken[] = pieces.flatMap(({ piece, type }, id) =>
    type === 3 || type === 4 ? [{ content: piece, id, normalized: false }] : [],
  );
  added.push({ content: pieces[unkId].piece, id: unkId, normalized: true });
  if (!pieces.some(({ piece }) => piece === '[MASK]')) {
    added.push({ content: '[MASK]', id: pieces.length, normalized: false });
  }
  return {
    lowercase: config.do_lower_case ?? false,
    strip: true,
    charsmap: charsmap.length > 0 ? new Charsmap(charsmap) : null,
    splitByPunct: config.split_by_punct ?? false,
    model: new Unigram(
      pieces.map(({ piece, score }) => [piece, score] as const),
      unkId,
      byteFallback,
    ),
    added,
  };
}

interface Step {
  type: string;
  normalizers?: Step[];
  pretokenizers?: Step[];
  precompiled_charsmap?: string;
  pattern?: { Regex?: string };
  prepend_scheme?: string;
}

interface TokenizerJson {
  normalizer: Step | null;
  pre_tokenizer: Step | null;
  model: { type: string; vocab: [string, number][]; unk_id: number; byte_fallback?: boolean };
  added_tokens: AddedToken[];
}

function fromJson(json: unknown, place: string): Program {
  const { normalizer, pre_tokenizer, model, added_tokens } = json as TokenizerJson;
  if (model?.type !== 'Unigram') throw unsupported(place, `model ${model?.type}`);
  const program: Program = {
    lowercase: false,
    strip: false,
    charsmap: null,
    splitByPunct: false,
    model: new Unigram(model.vocab, model.unk_id, model.byte_fallback ?? false),
    added: added_tokens,
  };
  for (const step of normalizer?.normalizers ?? (normalizer ? [normalizer] : [])) {
    if (step.type === 'Lowercase') program.lowercase = true;
    else if (step.type === 'Strip') program.strip = true;
    else if (step.type === 'Precompiled' && step.precompiled_charsmap) {
      program.charsmap = new Charsmap(
        Uint8Array.from(atob(step.precompiled_charsmap), (char) => char.charCodeAt(0)),
      );
    } else if (!(step.type === 'Replace' && step.pattern?.Regex === ' {2,}'))
      throw unsupported(place, step.type);
  }
  for (const step of pre_tokenizer?.pretokenizers ?? (pre_tokenizer ? [pre_tokenizer] : [])) {
    if (step.type === 'Punctuation') program.splitByPunct = true;
    else if (step.type !== 'Metaspace' || step.prepend_scheme !== 'always') {
      throw unsupported(place, `${step.type} ${step.prepend_scheme ?? ''}`);
    }
  }
  return program;
}

function unsupported(place: string, part: string): ManabiError {
  return new ManabiError('tokenizer-unsupported', place, { part });
}

function parse(bytes: Uint8Array, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ManabiError('tokenizer-broken', place);
  }
}
