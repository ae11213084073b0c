import { ManabiError } from '../errors/manabi-error.ts';
import { protobufFields } from './protobuf.ts';

/** SentencePiece.Type of sentencepiece_model.proto. */
export const pieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** TrainerSpec.ModelType. */
export const modelType = { unigram: 1, bpe: 2, word: 3, char: 4 } as const;

export interface SentencePieceModel {
  pieces: { text: string; score: number; type: number }[];
  modelType: number;
  unknownId: number;
  unknownPiece: string;
  byteFallback: boolean;
  whitespaceAsSuffix: boolean;
  /** Empty when the model normalizes nothing. */
  charsmap: Uint8Array;
  addDummyPrefix: boolean;
  removeExtraWhitespaces: boolean;
  escapeWhitespaces: boolean;
}

/**
 * Reads a SentencePiece ModelProto (spm.model). Field numbers and defaults: sentencepiece_model.proto.
 * @throws ManabiError tokenizer-broken
 */
export function readSentencePieceModel(data: Uint8Array, place: string): SentencePieceModel {
  const model: SentencePieceModel = {
    pieces: [],
    modelType: modelType.unigram,
    unknownId: 0,
    unknownPiece: '<unk>',
    byteFallback: false,
    whitespaceAsSuffix: false,
    charsmap: new Uint8Array(0),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  };
  for (const { number, bytes } of protobufFields(data, place)) {
    if (number === 1) model.pieces.push(readPiece(bytes, place));
    else if (number === 2) readTrainerSpec(bytes, model, place);
    else if (number === 3) readNormalizerSpec(bytes, model, place);
  }
  if (model.pieces.length === 0) throw new ManabiError('tokenizer-broken', place, { reason: 'no pieces' });
  return model;
}

function readPiece(data: Uint8Array, place: string) {
  const piece = { text: '', score: 0, type: pieceType.normal as number };
  for (const { number, value, bytes } of protobufFields(data, place)) {
    if (number === 1) piece.text = readText(bytes, place);
    else if (number === 2) piece.score = value;
    else if (number === 3) piece.type = value;
  }
  return piece;
}

function readText(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ManabiError('tokenizer-broken', place, { reason: 'UTF-8' });
  }
}

function readTrainerSpec(data: Uint8Array, model: SentencePieceModel, place: string) {
  for (const { number, value, bytes } of protobufFields(data, place)) {
    if (number === 3) model.modelType = value;
    else if (number === 24) model.whitespaceAsSuffix = value !== 0;
    else if (number === 35) model.byteFallback = value !== 0;
    else if (number === 40) model.unknownId = value;
    else if (number === 45) model.unknownPiece = readText(bytes, place);
  }
}

function readNormalizerSpec(data: Uint8Array, model: SentencePieceModel, place: string) {
  for (const { number, value, bytes } of protobufFields(data, place)) {
    if (number === 2) model.charsmap = bytes;
    else if (number === 3) model.addDummyPrefix = value !== 0;
    else if (number === 4) model.removeExtraWhitespaces = value !== 0;
    else if (number === 5) model.escapeWhitespaces = value !== 0;
  }
}
