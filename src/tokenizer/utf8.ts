/** Writes one code point as UTF-8 and returns the number of bytes. */
export function writeUtf8(code: number, bytes: Uint8Array, at: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return 1;
  }
  const length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (let i = length - 1; i > 0; i--) {
    bytes[at + i] = 0x80 | (code & 0x3f);
    code >>>= 6;
  }
  bytes[at] = leadByte[length] | code;
  return length;
}

const leadByte = [0, 0, 0xc0, 0xe0, 0xf0];

/** The number of bytes of one code point in UTF-8. */
export function utf8Length(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
