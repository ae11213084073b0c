import { ManabiError } from '../errors/manabi-error.ts';

/** One field of a protobuf message; `bytes` for length-delimited ones, `value` for the rest. */
export interface ProtobufField {
  number: number;
  value: number;
  bytes: Uint8Array;
}

const none = new Uint8Array(0);

/**
 * The fields of one protobuf message, in file order. Fixed32 is read as float32 (the only use in a ModelProto);
 * 64-bit values are read as far as a double is exact.
 * @throws ManabiError tokenizer-broken when the message is cut off or no protobuf
 */
export function* protobufFields(data: Uint8Array, place: string): Generator<ProtobufField> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  const broken = () => new ManabiError('tokenizer-broken', place, { reason: `protobuf, byte ${at}` });
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= data.length || scale > 2 ** 63) throw broken();
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (number === 0) throw broken();
    if (wire === 0) {
      yield { number, value: varint(), bytes: none };
    } else if (wire === 2) {
      const length = varint();
      if (at + length > data.length) throw broken();
      yield { number, value: 0, bytes: data.subarray(at, at + length) };
      at += length;
    } else if (wire === 5 || wire === 1) {
      const length = wire === 5 ? 4 : 8;
      if (at + length > data.length) throw broken();
      const value = wire === 5 ? view.getFloat32(at, true) : view.getFloat64(at, true);
      yield { number, value, bytes: none };
      at += length;
    } else {
      throw broken();
    }
  }
}
