// Writes what tools/verify_export.py checks, after a short run without dropout; takes the options of `npm run train`:
//   npx tsx tools/verify-inputs.ts --model_name_or_path public/model --train_file public/sample/train.json --output_dir OUT
//     --backend cpu --max_train_samples 160 [--learning_rate 1e-3 ...]
//   python tools/verify_export.py model OUT/model OUT/logits.json
//   python tools/verify_export.py checkpoint OUT/checkpoint OUT/losses.json
// OUT/checkpoint is the page's checkpoint zip of the middle of the run, unpacked; losses.json the 10 steps that followed it here.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { chooseForRun, prepareData } from '../src/answering/prepare-data.ts';
import { exportTrainerCheckpointZip } from '../src/checkpoint/continue-training.ts';
import { openCpu, openWebGpu } from '../src/cli/backend.ts';
import { openDataFile } from '../src/cli/data-file.ts';
import { openModel, writeModelFolder } from '../src/cli/model-folder.ts';
import { readTrainCommand } from '../src/cli/train-arguments.ts';
import { padBatch } from '../src/features/batches.ts';
import { parameterShapes } from '../src/model/parameters.ts';
import { TrainingControl } from '../src/training/control.ts';
import { learningRateAt } from '../src/training/schedule.ts';
import { planSteps, rowOrder } from '../src/training/steps.ts';
import { train } from '../src/training/train.ts';

const STEPS = 10;

const command = readTrainCommand(process.argv.slice(2));
const { output_dir } = command;
const opened = await openModel(command.model_name_or_path, command.args.seed, command.cache_dir);
const { config, tensors: weights, tokenizer, files } = opened;
// PyTorch draws other dropout masks: without dropout both sides compute the same.
const withoutDropout = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
const json = JSON.parse(new TextDecoder().decode(files['config.json'])) as object;
files['config.json'] = new TextEncoder().encode(JSON.stringify({ ...json, ...withoutDropout }));
const engine = await (
  await (command.backend === 'cpu' ? openCpu() : openWebGpu())
)({ ...config, ...withoutDropout }, weights, {
  fp16: command.args.fp16,
  freeze_embeddings: command.args.freeze_embeddings,
});

const training = await openDataFile(command.train_file, command.cache_dir);
const chosen = chooseForRun({ train: training, evaluation: { examples: [] } }, command.args);
const { rows: prepared } = await prepareData(tokenizer, chosen.examples, chosen.args);
const rows = prepared.train;
const { totalSteps } = planSteps(rows.length, command.args);
const middle = Math.floor(totalSteps / 2);
if (middle < STEPS) throw new Error(`A run of ${totalSteps} steps is too short: ${2 * STEPS} at least.`);
const args = {
  ...chosen.args,
  eval_strategy: 'no',
  save_strategy: 'steps',
  save_steps: middle,
  load_best_model_at_end: false,
} as const;

const shapes = parameterShapes(config);
const control = new TrainingControl();
const { padTokenId } = tokenizer;
const { log_history } = await train(engine, { train: rows, evaluation: [], padTokenId }, args, {
  control,
  onEvent: async (event) => {
    if (event.type === 'steps' && (event.entries.at(-1)?.step ?? 0) >= middle + STEPS) control.stop();
    if (event.type !== 'checkpoint' || event.state.global_step !== middle) return;
    const run = {
      weights: await engine.readWeights(),
      optimizer: await engine.readOptimizer(),
      state: event.state,
      args,
      nextLearningRate: learningRateAt(args, middle + 1, totalSteps),
    };
    const epochs = Array.from({ length: Math.ceil(run.state.num_train_epochs) }, (_, epoch) => epoch);
    const orders = epochs.map((epoch) => rowOrder(rows, args, epoch));
    const all = { train: rows, evaluation: [], orders, padTokenId };
    const zip = exportTrainerCheckpointZip(files, run, shapes.keys(), all);
    for (const [name, bytes] of Object.entries(unzipSync(new Uint8Array(await zip.arrayBuffer())))) {
      const path = join(output_dir, 'checkpoint', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
  },
});
const losses = log_history.filter(({ step, loss }) => step > middle && loss !== undefined).slice(0, STEPS);
await writeFile(join(output_dir, 'losses.json'), JSON.stringify(losses));

await writeModelFolder(join(output_dir, 'model'), files, await engine.readWeights(), '');
const batch = padBatch(rows.slice(0, 8), padTokenId, args);
const { startLogits, endLogits } = await engine.evaluate(batch);
const rowsOf = (values: Int32Array | Float32Array) =>
  Array.from({ length: batch.B }, (_, b) => [...values.subarray(b * batch.N, (b + 1) * batch.N)]);
const logits = {
  input_ids: rowsOf(batch.inputIds),
  attention_mask: rowsOf(batch.attentionMask),
  token_type_ids: rowsOf(batch.tokenTypeIds),
  start_logits: rowsOf(startLogits),
  end_logits: rowsOf(endLogits),
};
await writeFile(join(output_dir, 'logits.json'), JSON.stringify(logits));
engine.dispose();
console.log(
  `${output_dir}: checkpoint of step ${middle}, ${losses.length} losses after it, model and logits`,
);
