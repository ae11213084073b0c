import { ManabiError } from '../errors/manabi-error.ts';

export interface SentencePieceModel {
  pieces: { piece: string; score: number; type: number }[];
  /** 1 Unigram, 4 character. */
  modelType: number;
  byteFallback: boolean;
  unkId: number;
  charsmap: Uint8Array;
}

/** Reads a SentencePiece ModelProto (sentencepiece_model.proto). Throws ManabiError tokenizer-broken. */
export function readSentencePiece(bytes: Uint8Array, place: string): SentencePieceModel {
  const broken = () => new ManabiError('tokenizer-broken', place);
  const model: SentencePieceModel = {
    pieces: [],
    modelType: 1,
    byteFallback: false,
    unkId: 0,
    charsmap: new Uint8Array(),
  };
  for (const field of fields(bytes, broken)) {
    if (field.number === 1) {
      const piece = { piece: '', score: 0, type: 1 };
      for (const { number, data, value } of fields(field.data, broken)) {
        if (number === 1) piece.piece = new TextDecoder().decode(data);
        if (number === 2) piece.score = new DataView(data.buffer, data.byteOffset, 4).getFloat32(0, true);
        if (number === 3) piece.type = value;
      }
      model.pieces.push(piece);
    } else if (field.number === 2) {
      for (const { number, value } of fields(field.data, broken)) {
        if (number === 3) model.modelType = value;
        if (number === 35) model.byteFallback = value !== 0;
        if (number === 40) model.unkId = value;
      }
    } else if (field.number === 3) {
      for (const { number, data } of fields(field.data, broken)) if (number === 2) model.charsmap = data;
    }
  }
  if (model.pieces.length === 0) throw broken();
  return model;
}

function* fields(bytes: Uint8Array, broken: () => ManabiError) {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= bytes.length || scale > 2 ** 63) throw broken();
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    let value = 0;
    let length = 0;
    if (wire === 0) value = varint();
    else if (wire === 1) length = 8;
    else if (wire === 2) length = varint();
    else if (wire === 5) length = 4;
    else throw broken();
    if (at + length > bytes.length) throw broken();
    yield { number: Math.floor(key / 8), value, data: bytes.subarray(at, at + length) };
    at += length;
  }
}
