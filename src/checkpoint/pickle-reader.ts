/** What is wrong with a pickle; becomes ManabiError pickle-broken where the file's name is known. */
export class PickleError extends Error {}

/** The bytes end inside the pickle: more of the file may hold the rest. */
export class UnexpectedEnd extends Error {}

/** The parts that pickles are made of, read one after the other. Every method throws UnexpectedEnd. */
export class PickleReader {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  take(length: number): Uint8Array {
    return this.bytes.subarray(this.advance(length), this.at);
  }

  byte(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** Big-endian, alone among them. */
  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** A two's complement integer of up to 255 bytes; a number where it is one exactly. */
  long(length: number): number | bigint {
    let value = 0n;
    for (const byte of this.take(length).toReversed()) value = (value << 8n) | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  /** Up to the next line feed. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw new UnexpectedEnd();
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  private advance(length: number): number {
    const from = this.at;
    if (length > this.bytes.length - from) throw new UnexpectedEnd();
    this.at += length;
    return from;
  }
}
