import { ManabiError } from '../errors/manabi-error.ts';
import { PickleError, PickleReader, UnexpectedEnd } from './pickle-reader.ts';
import { isAllowed, Global, rebuild, storageOf, type StorageRef, type TensorRef } from './torch-globals.ts';

/** Lists and tuples are arrays, dicts (ordered or not) are maps; floats and integers up to 2^53 are numbers. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDict
  | Global
  | StorageRef
  | TensorRef;
export type PickleDict = Map<string | number, PickleValue>;

/** Where a pickle has its end, and what it holds. */
export interface Unpickled {
  value: PickleValue;
  end: number;
}

/** A pickle holds names and shapes only: 4.5 kB for 40 tensors. */
export const MAX_PICKLE_BYTES = 2 ** 24;
// A state dict of a thousand tensors takes about 30,000; each opcode makes at most one object.
const MAX_OPCODES = 500_000;

/**
 * Reads one pickle at `start` of `bytes` with a stack machine that knows the opcodes and the few globals of state dicts. Nothing is
 * looked up by name and nothing is executed. Throws ManabiError pickle-global (names the global) and pickle-broken, and
 * UnexpectedEnd where the bytes end first.
 */
export function unpickle(bytes: Uint8Array, start: number, place: string): Unpickled {
  const reader = new PickleReader(bytes, start);
  try {
    const value = new Machine(reader, place).run();
    return { value, end: reader.at };
  } catch (error) {
    if (error instanceof PickleError) {
      throw new ManabiError('pickle-broken', place, { reason: error.message, at: reader.at });
    }
    throw error;
  }
}

/** A pickle that must be whole. */
export function unpickleWhole(bytes: Uint8Array, place: string): PickleValue {
  try {
    return unpickle(bytes, 0, place).value;
  } catch (error) {
    if (error instanceof UnexpectedEnd) {
      throw new ManabiError('pickle-broken', place, { reason: 'no end', at: bytes.length });
    }
    throw error;
  }
}

class Machine {
  private stack: PickleValue[] = [];
  private readonly marks: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(
    private readonly reader: PickleReader,
    private readonly place: string,
  ) {}

  run(): PickleValue {
    for (let count = 0; count < MAX_OPCODES; count++) {
      const opcode = String.fromCharCode(this.reader.byte());
      if (opcode === '.') return this.pop();
      if (!this.scalar(opcode) && !this.container(opcode) && !this.object(opcode)) {
        throw new PickleError(`opcode 0x${opcode.charCodeAt(0).toString(16)} is not of a state dict`);
      }
    }
    throw new PickleError(`more than ${MAX_OPCODES} opcodes`);
  }

  private scalar(opcode: string): boolean {
    const { reader } = this;
    switch (opcode) {
      case '\x80': // PROTO
        if (reader.byte() > 5) throw new PickleError('unknown protocol');
        return true;
      case '\x95': // FRAME: a hint for streams
        reader.take(8);
        return true;
      case 'N':
        return this.push(null);
      case '\x88':
        return this.push(true);
      case '\x89':
        return this.push(false);
      case 'K':
        return this.push(reader.byte());
      case 'M':
        return this.push(reader.uint16());
      case 'J':
        return this.push(reader.int32());
      case 'G':
        return this.push(reader.float64());
      case '\x8a': // LONG1
        return this.push(reader.long(reader.byte()));
      case 'X':
        return this.push(reader.text(reader.uint32()));
      case '\x8c': // SHORT_BINUNICODE
        return this.push(reader.text(reader.byte()));
      case 'C': // SHORT_BINBYTES
        return this.push(reader.take(reader.byte()));
      case 'B': // BINBYTES
        return this.push(reader.take(reader.uint32()));
      default:
        return false;
    }
  }

  private container(opcode: string): boolean {
    switch (opcode) {
      case '(':
        this.marks.push(this.stack);
        this.stack = [];
        return true;
      case '0':
        this.pop();
        return true;
      case '1':
        this.toMark();
        return true;
      case ')':
      case ']':
        return this.push([]);
      case '}':
        return this.push(new Map());
      case 't':
      case 'l':
        return this.push(this.toMark());
      case 'd': {
        const items = this.toMark();
        return this.setItems(this.pushed(new Map()), items);
      }
      case '\x85':
      case '\x86':
      case '\x87': {
        const size = opcode.charCodeAt(0) - 0x84;
        if (this.stack.length < size) throw new PickleError('the stack is empty');
        return this.push(this.stack.splice(-size));
      }
      case 'a':
        return this.appendItems([this.pop()]);
      case 'e':
        return this.appendItems(this.toMark());
      case 's': {
        const value = this.pop();
        const key = this.pop();
        return this.setItems(this.top(), [key, value]);
      }
      case 'u': {
        const items = this.toMark();
        return this.setItems(this.top(), items);
      }
      default:
        return false;
    }
  }

  private object(opcode: string): boolean {
    const { reader, memo } = this;
    switch (opcode) {
      case 'q':
        return this.remember(reader.byte());
      case 'r':
        return this.remember(reader.uint32());
      case '\x94':
        return this.remember(memo.size);
      case 'h':
        return this.recall(reader.byte());
      case 'j':
        return this.recall(reader.uint32());
      case 'c':
        return this.global(reader.line(), reader.line());
      case '\x93': {
        const name = this.pop();
        return this.global(this.pop(), name);
      }
      case 'Q':
        return this.push(storageOf(this.pop()));
      case 'R': {
        const args = this.pop();
        return this.push(rebuild(this.pop(), args));
      }
      case 'b': // BUILD: attributes of an OrderedDict (_metadata of a state dict) hold no weights
        this.pop();
        if (!(this.top() instanceof Map)) throw new PickleError('attributes of something that is no dict');
        return true;
      default:
        return false;
    }
  }

  private global(module: PickleValue, name: PickleValue): boolean {
    if (typeof module !== 'string' || typeof name !== 'string') throw new PickleError('a global has no name');
    const path = `${module}.${name}`;
    if (!isAllowed(path)) throw new ManabiError('pickle-global', this.place, { name: path.slice(0, 200) });
    return this.push(new Global(path));
  }

  private push(value: PickleValue): true {
    this.stack.push(value);
    return true;
  }

  private pushed<V extends PickleValue>(value: V): V {
    this.stack.push(value);
    return value;
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw new PickleError('the stack is empty');
    return value;
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) throw new PickleError('the stack is empty');
    return value;
  }

  private toMark(): PickleValue[] {
    const before = this.marks.pop();
    if (!before) throw new PickleError('no mark');
    const items = this.stack;
    this.stack = before;
    return items;
  }

  private remember(index: number): true {
    this.memo.set(index, this.top());
    return true;
  }

  private recall(index: number): true {
    const value = this.memo.get(index);
    if (value === undefined) throw new PickleError(`memo ${index} is empty`);
    return this.push(value);
  }

  private appendItems(items: PickleValue[]): true {
    const list = this.top();
    if (!Array.isArray(list)) throw new PickleError('append to something that is no list');
    for (const item of items) list.push(item);
    return true;
  }

  private setItems(dict: PickleValue, items: PickleValue[]): true {
    if (!(dict instanceof Map) || items.length % 2 > 0)
      throw new PickleError('items of something that is no dict');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number') throw new PickleError('a key is no string');
      dict.set(key, items[i + 1]);
    }
    return true;
  }
}
