// Reads what tools/fuzz_inputs.py has made, and writes what was found beside it; run by that script:
//   npx tsx tools/fuzz-read.ts data FOLDER      FOLDER/files/* -> FOLDER/read.jsonl
//   npx tsx tools/fuzz-read.ts models FOLDER    FOLDER/models/*/ -> FOLDER/saved/*/ (and checkpoint-1 in it), FOLDER/read.jsonl
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesSource } from '../src/checkpoint/byte-source.ts';
import { exportModelFiles } from '../src/checkpoint/export.ts';
import { isTextFile, readModelFolder } from '../src/checkpoint/model-folder.ts';
import { trainerCheckpointFiles } from '../src/checkpoint/trainer-checkpoint.ts';
import type { FileParts } from '../src/checkpoint/stored-zip.ts';
import '../src/errors/in-english.ts';
import { ManabiError } from '../src/errors/manabi-error.ts';
import type { NamedTensors } from '../src/model/engine.ts';
import { parameterShapes } from '../src/model/parameters.ts';
import { parseDataFile } from '../src/squad/read-file.ts';
import { defaultArguments } from '../src/training/training-arguments.ts';

async function readData(path: string): Promise<object> {
  const { examples, excluded } = await parseDataFile(new Uint8Array(readFileSync(path)), path);
  return {
    examples: examples.map(({ id, question, context, answers }) => [
      id,
      question,
      context,
      answers.map(({ text }) => text),
      answers[0]?.answer_start ?? null,
    ]),
    excluded: excluded.map(({ place, reason }) => [place, reason]),
  };
}

async function saveModel(folder: string, out: string): Promise<object> {
  const all = readdirSync(folder).map(
    (name) => [name, new Uint8Array(readFileSync(join(folder, name)))] as const,
  );
  const files = Object.fromEntries(all.filter(([name]) => isTextFile(name)));
  const sources = all.map(([name, bytes]) => bytesSource(name, bytes));
  const { tensors, findings, config } = await readModelFolder(files, sources, 1);
  write(out, exportModelFiles(files, tensors, ''));
  const zeros: NamedTensors = new Map();
  for (const [name, { shape, data }] of tensors)
    zeros.set(name, { shape, data: new Float32Array(data.length) });
  const state = {
    global_step: 1,
    max_steps: 2,
    epoch: 0.5,
    num_train_epochs: 1,
    train_batch_size: 8,
    best_metric: Infinity,
    best_global_step: null,
    log_history: [{ step: 1, epoch: 0.5, loss: 1, grad_norm: NaN }],
  };
  const run = {
    weights: tensors,
    optimizer: { exp_avg: zeros, exp_avg_sq: zeros },
    state,
    args: defaultArguments,
    nextLearningRate: 1e-5,
  };
  write(join(out, 'checkpoint-1'), trainerCheckpointFiles(files, run, parameterShapes(config).keys()));
  return { missing: findings.missing, naming: findings.naming };
}

function write(folder: string, files: ReadonlyMap<string, FileParts>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, parts] of files) writeFileSync(join(folder, name), Buffer.concat(parts));
}

const [what, folder] = process.argv.slice(2);
const inside = join(folder, what === 'data' ? 'files' : 'models');
const lines: string[] = [];
for (const name of readdirSync(inside).toSorted()) {
  let result: object;
  try {
    const path = join(inside, name);
    result = await (what === 'data' ? readData(path) : saveModel(path, join(folder, 'saved', name)));
  } catch (error) {
    result =
      error instanceof ManabiError
        ? { error: error.code }
        : { crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  lines.push(JSON.stringify({ name, ...result }));
}
writeFileSync(join(folder, 'read.jsonl'), `${lines.join('\n')}\n`);
