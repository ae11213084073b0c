import { storedZip } from './stored-zip.ts';

/** A Python float: a number alone is an int. */
export class PyFloat {
  constructor(readonly value: number) {}
}

export class PyTuple {
  constructor(readonly items: readonly Saveable[]) {}
}

export class PyTensor {
  constructor(
    readonly shape: readonly number[],
    readonly data: Float32Array,
  ) {}
}

/** What torch.save can be given here. Numbers are ints of 32 bits; maps are dicts, arrays are lists. */
export type Saveable =
  | null
  | boolean
  | number
  | string
  | PyFloat
  | PyTuple
  | PyTensor
  | readonly Saveable[]
  | ReadonlyMap<string | number, Saveable>;

/** The pieces of the file that torch.save(value, `${name}.pt`) writes: a stored zip of a pickle and one entry for each tensor. */
export function torchSave(name: string, value: Saveable): Uint8Array[] {
  const pickle = new Pickle();
  pickle.save(value);
  const text = (content: string) => [new TextEncoder().encode(content)];
  const entries = new Map<string, Uint8Array[]>([
    [`${name}/data.pkl`, [pickle.finished()]],
    [`${name}/byteorder`, text('little')],
    ...pickle.storages.map((bytes, key) => [`${name}/data/${key}`, [bytes]] as [string, Uint8Array[]]),
    [`${name}/version`, text('3\n')],
  ]);
  return storedZip(entries, 64);
}

/** Protocol 2, as torch writes it, without the memo: nothing is written twice that would need it. */
class Pickle {
  readonly storages: Uint8Array[] = [];
  private readonly bytes: number[] = [0x80, 2];

  save(value: Saveable): void {
    if (value === null) this.opcode('N');
    else if (value === true) this.opcode('\x88');
    else if (value === false) this.opcode('\x89');
    else if (typeof value === 'number') this.int(value);
    else if (typeof value === 'string') this.text(value);
    else if (value instanceof PyFloat) this.float(value.value);
    else if (value instanceof PyTuple) this.tuple(() => value.items.forEach((item) => this.save(item)));
    else if (value instanceof PyTensor) this.tensor(value);
    else if (value instanceof Map) {
      this.opcode('}(');
      for (const [key, item] of value) {
        this.save(key);
        this.save(item);
      }
      this.opcode('u');
    } else {
      this.opcode('](');
      for (const item of value as readonly Saveable[]) this.save(item);
      this.opcode('e');
    }
  }

  finished(): Uint8Array {
    return Uint8Array.from([...this.bytes, 0x2e]);
  }

  private opcode(characters: string): void {
    for (const character of characters) this.bytes.push(character.charCodeAt(0));
  }

  private int(value: number): void {
    const view = new DataView(new ArrayBuffer(4));
    view.setInt32(0, value, true);
    this.opcode('J');
    this.bytes.push(...new Uint8Array(view.buffer));
  }

  private float(value: number): void {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value, false);
    this.opcode('G');
    this.bytes.push(...new Uint8Array(view.buffer));
  }

  private text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, bytes.length, true);
    this.opcode('X');
    this.bytes.push(...new Uint8Array(view.buffer), ...bytes);
  }

  private tuple(items: () => void): void {
    this.opcode('(');
    items();
    this.opcode('t');
  }

  private tensor({ shape, data }: PyTensor): void {
    const key = String(this.storages.length);
    this.storages.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    this.opcode('ctorch._utils\n_rebuild_tensor_v2\n');
    this.tuple(() => {
      this.tuple(() => {
        this.text('storage');
        this.opcode('ctorch\nFloatStorage\n');
        this.text(key);
        this.text('cpu');
        this.int(data.length);
      });
      this.opcode('Q');
      this.int(0);
      this.save(new PyTuple(shape));
      this.save(new PyTuple(strides));
      this.opcode('\x89ccollections\nOrderedDict\n)R');
    });
    this.opcode('R');
  }
}
