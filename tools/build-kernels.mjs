// Compiles the kernels' WebAssembly forms (src/kernels/**/*.as.ts, AssemblyScript) into src/devices/cpu/wasm/: plain and relaxed SIMD,
// each with addresses of 32 and of 64 bits. Does nothing while all of them are newer than their sources.
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Node, NodeKind } from 'assemblyscript';
import asc from 'assemblyscript/asc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'src', 'kernels');
const output = join(root, 'src', 'devices', 'cpu', 'wasm');
const ENTRY = 'kernels.as.ts';

const builds = [
  { name: 'kernels', relaxed: false, wide: false },
  { name: 'kernels-relaxed', relaxed: true, wide: false },
  { name: 'kernels64', relaxed: false, wide: true },
  { name: 'kernels64-relaxed', relaxed: true, wide: true },
];

const inputs = [
  fileURLToPath(import.meta.url),
  ...readdirSync(sources, { recursive: true })
    .filter((name) => name.endsWith('.as.ts'))
    .map((name) => join(sources, name)),
];
const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newest = Math.max(...inputs.map(changedAt));
const stale = builds.filter(({ name }) => changedAt(join(output, `${name}.wasm`)) < newest);
mkdirSync(output, { recursive: true });
for (const build of stale) {
  const wasm = addressesOf(build, await compile(build));
  if (!build.wide && !build.relaxed && !WebAssembly.validate(wasm))
    throw new Error(`${build.name} is invalid`);
  // In one move: another process may be reading it.
  const part = join(output, `${build.name}.${process.pid}.part`);
  writeFileSync(part, wasm);
  renameSync(part, join(output, `${build.name}.wasm`));
}

async function compile({ relaxed, wide }) {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      ENTRY,
      ...['--outFile', 'out.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--zeroFilledMemory'],
      ...[
        '--importMemory',
        '--sharedMemory',
        '--initialMemory',
        '1',
        '--maximumMemory',
        '65536',
        '--importTable',
      ],
      ...[
        '--noExportMemory',
        '--enable',
        'simd',
        '--enable',
        'threads',
        ...(relaxed ? ['--enable', 'relaxed-simd'] : []),
      ],
      // What asc checks are the types of 32-bit addresses.
      ...(wide ? ['--noValidate'] : []),
    ],
    {
      readFile: (name) => readText(join(sources, name)),
      writeFile: (name, contents) => files.set(name, contents),
      listFiles: () => [],
      transforms: [transformOf(wide)],
    },
  );
  // A warning is a mistake too: what asc warns of is a pointer that is cut to 32 bits.
  const said = String(stderr);
  if (error || said) throw new Error(`${error?.message ?? 'warnings'}\n${said}`);
  return files.get('out.wasm');
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Inlines every function but the exports of the entry file. (AssemblyScript's own mark for that is a decorator where TypeScript allows none, so
 * no formatter and no linter could read the kernels.) `wide`: makes `usize` 64 bits wide, which asc can compile but has no option for.
 */
function transformOf(wide) {
  return class {
    afterParse(parser) {
      const { options, module } = this.program;
      if (wide) {
        options.target = 2;
        options.features |= 2048;
        module.sizeType = 3;
      }
      const own = parser.sources.filter(({ internalPath }) => !internalPath.startsWith('~'));
      const entry = own.find(({ internalPath }) => `${internalPath}.ts` === ENTRY);
      const exported = new Set(
        entry.statements.flatMap(({ members }) => members ?? []).map(({ localName }) => localName?.text),
      );
      for (const { statements } of own) {
        for (const statement of statements) {
          if (statement.kind !== NodeKind.FunctionDeclaration || exported.has(statement.name.text)) continue;
          const { range } = statement;
          const inline = Node.createIdentifierExpression('inline', range);
          statement.decorators = [Node.createDecorator(inline, null, range)];
        }
      }
    }
  };
}

/**
 * The memory that asc imports has 32-bit addresses and 65,536 pages at most. The flag for 64 bits lies in its limits, after its name, and so does the
 * maximum, in three LEB128 bytes: 262,144 pages (src/devices/cpu/memory.ts).
 */
function addressesOf({ wide }, wasm) {
  if (!wide) return wasm;
  const patched = Uint8Array.from(wasm);
  const flags = Buffer.from(patched.buffer).indexOf('memory') + 'memory'.length + 1;
  patched[flags] |= 4;
  const maximum = patched.subarray(flags + 2, flags + 5);
  if (String(maximum) !== '128,128,4') throw new Error('the memory is not imported as expected');
  maximum.set([0x80, 0x80, 0x10]);
  return patched;
}
