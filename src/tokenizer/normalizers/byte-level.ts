import { AlignedText } from '../aligned-text.ts';
import { utf8Length, writeUtf8 } from '../utf8.ts';

/** GPT-2's character for each byte: itself where it is printable, else one from U+0100 on. */
export const characterOfByte = byteAlphabet();

function byteAlphabet(): Uint16Array {
  const characters = new Uint16Array(256);
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    characters[byte] = printable ? byte : next++;
  }
  return characters;
}

/** The characters of a text's UTF-8 bytes; all that come from one character have its span. */
export function byteCharacters(text: AlignedText): AlignedText {
  const { text: mapped, offsets } = mapBytes(text);
  if (text.insertedHead === 0) return mapped;
  const changes = new Int8Array(mapped.length).fill(1);
  for (let i = 0; i < text.length; i++) changes[offsets[i]] = 0;
  return text.transform(mapped.codes, changes);
}

/** As byteCharacters for a text that comes from the raw one; `offsets[i]` is where character i of the text begins in the result. */
export function mapBytes(text: AlignedText): { text: AlignedText; offsets: Int32Array } {
  const { codes, starts, ends, origin } = text;
  const offsets = new Int32Array(codes.length + 1);
  for (let i = 0; i < codes.length; i++) offsets[i + 1] = offsets[i] + utf8Length(codes[i]);
  const n = offsets[codes.length];
  const bytes = new Uint8Array(n + 3);
  const output = { codes: new Int32Array(n), starts: new Int32Array(n), ends: new Int32Array(n) };
  for (let i = 0; i < codes.length; i++) {
    writeUtf8(codes[i], bytes, offsets[i]);
    for (let k = offsets[i]; k < offsets[i + 1]; k++) {
      output.codes[k] = characterOfByte[bytes[k]];
      output.starts[k] = starts[i];
      output.ends[k] = ends[i];
    }
  }
  return { text: new AlignedText(output.codes, output.starts, output.ends, origin), offsets };
}
