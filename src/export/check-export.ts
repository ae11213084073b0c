// The files just made, loaded and asked as those who take them will: by @xenova/transformers' question-answering pipeline.
import type { QuestionAnsweringPipeline, Tensor } from '@xenova/transformers';
import { evaluateExamples } from '../answering/evaluation.ts';
import type { Batch } from '../features/feature.ts';
import type { Engine, Logits } from '../model/engine.ts';
import type { SquadExample } from '../squad/example.ts';
import type { Score } from '../squad/metrics.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { MadeFile, MakingControl } from './made-folder.ts';
import { onnxNames, type OnnxType } from './onnx/onnx-types.ts';
import { ManabiError } from '../errors/manabi-error.ts';

export type TransformersJs = typeof import('@xenova/transformers');

/** A question for which transformers.js and the engine differ. */
export interface Difference {
  id: string;
  question: string;
  /** Whether it read the text as the same tokens. */
  sameTokens: boolean;
  /** Of a logit. */
  difference: number;
  /** The answer of transformers.js, and what the same pipeline answers with the engine's logits. */
  answer: string;
  engineAnswer: string;
}

export interface ExportCheck {
  type: OnnxType;
  /** Of the ONNX file. */
  bytes: number;
  questions: number;
  /** float32: whether every question has the same tokens, logits within 1e-4 and the same answer. Others have other logits: null. */
  passed: boolean | null;
  sameTokens: number;
  sameAnswers: number;
  /** Largest difference of a logit. */
  difference: number;
  millisecondsPerQuestion: number;
  differences: Difference[];
  /** JGLUE's exact match and F1 of the ONNX file and of the engine, both decoded as in the table of results. */
  scores: { onnx: Score; engine: Score };
}

const LOGITS_BOUND = 1e-4;
/** The name that the folder goes by in transformers.js. */
const FOLDER = 'export';

interface Loaded {
  pipe: QuestionAnsweringPipeline;
  /** Runs the ONNX file. */
  run: (inputs: ModelInputs) => Promise<ModelOutputs>;
  forward: Engine['forward'];
  dispose: () => Promise<unknown>;
}

type ModelInputs = Record<string, Tensor>;
interface ModelOutputs {
  start_logits: Tensor;
  end_logits: Tensor;
}

/**
 * Answers the questions with the ONNX file of this type and with the engine. Throws ManabiError export-check (transformers.js refuses
 * the files), cancelled, and what the engine throws.
 */
export async function checkExport(
  transformers: TransformersJs,
  files: readonly MadeFile[],
  type: OnnxType,
  engine: Pick<Engine, 'forward'>,
  tokenizer: Tokenizer,
  examples: readonly SquadExample[],
  { onProgress, signal }: MakingControl = {},
): Promise<ExportCheck> {
  const stop = () => {
    if (signal?.aborted) throw new ManabiError('cancelled', '');
  };
  const loaded = await load(transformers, files, type);
  try {
    const total = 3 * examples.length;
    const compared: Difference[] = [];
    let milliseconds = 0;
    for (const example of examples) {
      const one = await compare(transformers, loaded, engine, tokenizer, example);
      compared.push(one.difference);
      milliseconds += one.milliseconds;
      await onProgress?.(compared.length, total);
      stop();
    }
    const scored = async (model: Pick<Engine, 'forward'>, before: number) => {
      const progress = async (done: number, of: number) => {
        await onProgress?.(before + Math.round((done / of) * examples.length), total);
        stop();
      };
      return (await evaluateExamples(model, tokenizer, examples, {}, { onProgress: progress })).jglue;
    };
    const scores = {
      onnx: await scored(loaded, examples.length),
      engine: await scored(engine, 2 * examples.length),
    };
    return {
      ...summary(type, compared),
      ...sizeOf(files, type),
      scores,
      millisecondsPerQuestion: milliseconds / examples.length,
    };
  } finally {
    await loaded.dispose();
  }
}

function summary(type: OnnxType, compared: readonly Difference[]) {
  const agrees = ({ sameTokens, answer, engineAnswer, difference }: Difference) =>
    sameTokens && answer === engineAnswer && (type !== 'fp32' || difference <= LOGITS_BOUND);
  const differences = compared.filter((one) => !agrees(one));
  return {
    type,
    questions: compared.length,
    passed: type === 'fp32' ? differences.length === 0 : null,
    sameTokens: compared.filter(({ sameTokens }) => sameTokens).length,
    sameAnswers: compared.filter(({ answer, engineAnswer }) => answer === engineAnswer).length,
    difference: compared.reduce((most, { difference }) => Math.max(most, difference), 0),
    differences,
  };
}

function sizeOf(files: readonly MadeFile[], type: OnnxType): { bytes: number } {
  const onnx = files.filter(({ name }) => name.startsWith(onnxNames[type]));
  return { bytes: onnx.reduce((sum, { blob }) => sum + blob.size, 0) };
}

/** transformers.js reads the files from here, and nothing from anywhere else. */
async function load(
  transformers: TransformersJs,
  files: readonly MadeFile[],
  type: OnnxType,
): Promise<Loaded> {
  const { env, pipeline, Tensor } = transformers;
  const byName = new Map(files.map(({ name, blob }) => [`/${FOLDER}/${name}`, blob]));
  Object.assign(env, {
    allowRemoteModels: false,
    localModelPath: '/',
    useBrowserCache: false,
    useFSCache: false,
    useCustomCache: true,
    customCache: {
      match: async (key: string) => {
        const blob = byName.get(key);
        return blob && new Response(blob);
      },
      put: async () => undefined,
    },
  });
  const name = onnxNames[type].slice('onnx/'.length, -'.onnx'.length);
  const quantized = type === 'q8';
  let pipe: QuestionAnsweringPipeline;
  try {
    const model_file_name = quantized ? name.replace(/_quantized$/, '') : name;
    pipe = await pipeline('question-answering', FOLDER, { quantized, model_file_name });
  } catch (error) {
    throw new ManabiError('export-check', onnxNames[type], { reason: String(error) });
  }
  const { model } = pipe;
  const names = (model as unknown as { session: { inputNames: string[] } }).session.inputNames;
  const run = (inputs: ModelInputs) =>
    // It warns of inputs that the model does not have.
    model(Object.fromEntries(names.map((input) => [input, inputs[input]]))) as Promise<ModelOutputs>;
  const forward = async ({ B, N, inputIds, attentionMask, tokenTypeIds }: Batch): Promise<Logits> => {
    const tensor = (values: Int32Array) => new Tensor('int64', BigInt64Array.from(values, BigInt), [B, N]);
    const outputs = await run({
      input_ids: tensor(inputIds),
      attention_mask: tensor(attentionMask),
      token_type_ids: tensor(tokenTypeIds),
    });
    return { startLogits: floats(outputs.start_logits), endLogits: floats(outputs.end_logits) };
  };
  return { pipe, run, forward, dispose: () => pipe.dispose() };
}

function floats({ data }: Tensor): Float32Array {
  return data as Float32Array;
}

/** Asks the pipeline twice: with the ONNX file as its model, and with the engine as its model. */
async function compare(
  { Tensor }: TransformersJs,
  { pipe, run }: Loaded,
  engine: Pick<Engine, 'forward'>,
  tokenizer: Tokenizer,
  { id, question, context }: SquadExample,
): Promise<{ difference: Difference; milliseconds: number }> {
  let read: ModelInputs = {};
  let found: ModelOutputs | null = null;
  const begin = performance.now();
  const answer = await answerWith(pipe, question, context, async (inputs) => {
    read = inputs;
    found = await run(inputs);
    return found;
  });
  const milliseconds = performance.now() - begin;
  let largest = Infinity;
  const engineAnswer = await answerWith(pipe, question, context, async (inputs) => {
    const batch = batchOf(inputs);
    const { startLogits, endLogits } = await engine.forward(batch);
    if (found) {
      largest = Math.max(
        furthest(startLogits, floats(found.start_logits)),
        furthest(endLogits, floats(found.end_logits)),
      );
    }
    const dims = [batch.B, batch.N];
    return {
      start_logits: new Tensor('float32', startLogits, dims),
      end_logits: new Tensor('float32', endLogits, dims),
    };
  });
  const sameTokens = isSameText(read, tokenizer, question, context);
  return {
    difference: { id, question, sameTokens, difference: largest, answer, engineAnswer },
    milliseconds,
  };
}

async function answerWith(
  pipe: QuestionAnsweringPipeline,
  question: string,
  context: string,
  model: (inputs: ModelInputs) => Promise<ModelOutputs>,
): Promise<string> {
  const before = pipe.model;
  // The pipeline only calls it.
  pipe.model = model as unknown as typeof before;
  try {
    const found = await pipe(question, context);
    const [first] = Array.isArray(found) ? found : [found];
    return first.answer;
  } finally {
    pipe.model = before;
  }
}

function batchOf({ input_ids, attention_mask, token_type_ids }: ModelInputs): Batch {
  const [B, N] = input_ids.dims;
  const integers = ({ data }: Tensor) => Int32Array.from(data as BigInt64Array, Number);
  return {
    B,
    N,
    inputIds: integers(input_ids),
    attentionMask: integers(attention_mask),
    tokenTypeIds: integers(token_type_ids),
  };
}

function furthest(a: Float32Array, b: Float32Array): number {
  let most = 0;
  for (let at = 0; at < a.length; at++) {
    // A NaN is no agreement.
    const distance = Math.abs(a[at] - b[at]);
    most = Number.isNaN(distance) ? Infinity : Math.max(most, distance);
  }
  return a.length === b.length ? most : Infinity;
}

/** Whether transformers.js gave the model the tokens of our own tokenizer; it cuts off what is beyond the model's length. */
function isSameText(
  { input_ids }: ModelInputs,
  { encode, clsTokenId, sepTokenId, modelMaxLength }: Tokenizer,
  question: string,
  context: string,
): boolean {
  const ids = Array.from(input_ids.data as BigInt64Array, Number);
  const whole = [clsTokenId, ...encode(question).ids, sepTokenId, ...encode(context).ids, sepTokenId];
  return ids.join() === whole.slice(0, modelMaxLength).join();
}
