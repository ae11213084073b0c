import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { expose } from 'comlink';
import { answerQuestions } from '../answering/answer.ts';
import { evaluateExamples } from '../answering/evaluation.ts';
import { bytesSource } from '../checkpoint/byte-source.ts';
import { exportModelZip } from '../checkpoint/export.ts';
import { loadWeights } from '../checkpoint/load-weights.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { Gpu } from '../gpu/device.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import { useWasm } from '../model/composed/wasm.ts';
import { parseConfig } from '../model/config.ts';
import type { Engine } from '../model/engine.ts';
import { FusedEngine } from '../model/fused/engine.ts';
import { initializeHead, parameterCount, parameterShapes } from '../model/parameters.ts';
import { readTokenizer, type TokenizerFiles } from '../tokenizer/read.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { TrainingControl } from '../training/control.ts';
import { train } from '../training/train.ts';
import { reply, type TrainerWorker } from './protocol.ts';

interface Model {
  engine: Engine;
  tokenizer: Tokenizer;
  files: Record<string, Uint8Array>;
}

let gpu: Gpu | null = null;
let model: Model | null = null;
let control = new TrainingControl();

function loaded(): Model {
  if (!model) throw new ManabiError('model-not-loaded', '');
  gpu?.check();
  return model;
}

function parseJson(bytes: Uint8Array, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ManabiError('config-shape', place, { key: '(top)', wanted: 'JSON' });
  }
}

const worker: TrainerWorker = {
  open: (backend) =>
    reply(async () => {
      if (backend === 'cpu') {
        await useWasm({ 'tfjs-backend-wasm.wasm': plainWasm, 'tfjs-backend-wasm-simd.wasm': simdWasm });
        return { name: 'CPU', isSoftware: true };
      }
      if (!gpu) {
        gpu = await Gpu.open(navigator.gpu);
      }
      return { name: gpu.name, isSoftware: gpu.isSoftware };
    }),

  load: (files, seed) =>
    reply(async () => {
      const names = Object.keys(files);
      const configBytes = files['config.json'];
      if (!configBytes) throw new ManabiError('model-no-config', names.join(', '));
      const config = parseConfig(parseJson(configBytes, 'config.json'), 'config.json');
      const tokenizer = readTokenizer(files as TokenizerFiles);
      const sources = names.map((name) => bytesSource(name, files[name]));
      const { tensors, missing, unexpected } = await loadWeights(sources, parameterShapes(config));
      if (missing.length > 0) {
        for (const [name, tensor] of initializeHead(config, seed)) tensors.set(name, tensor);
      }
      const engine = gpu
        ? await FusedEngine.create(gpu, config, tensors)
        : new ComposedEngine(config, tensors, 'CPU');
      model?.engine.dispose();
      model = { engine, tokenizer, files };
      return { parameters: parameterCount(config), missing, unexpected };
    }),

  evaluate: (examples, onProgress) =>
    reply(async () => {
      const { engine, tokenizer } = loaded();
      return evaluateExamples(engine, tokenizer, examples, {}, { onProgress });
    }),

  train: (data, args, onEvent) =>
    reply(async () => {
      const { engine, tokenizer } = loaded();
      control = new TrainingControl();
      let outcome: 'finished' | 'stopped' = 'finished';
      await train(engine, { ...data, padTokenId: tokenizer.padTokenId }, args, {
        control,
        onEvent: async (event) => {
          gpu?.check();
          if (event.type === 'end') outcome = event.outcome;
          await onEvent(event, engine.memory().live);
        },
      });
      return outcome;
    }),

  pause: () => control.pause(),
  resume: () => control.resume(),
  stop: () => control.stop(),

  ask: (question, context) =>
    reply(async () => {
      const { engine, tokenizer } = loaded();
      const [answers] = await answerQuestions(engine, tokenizer, [{ id: '', question, context }], {
        top_k: 3,
      });
      return answers;
    }),

  download: (card) =>
    reply(async () => {
      const { engine, files } = loaded();
      return exportModelZip(files, await engine.readWeights(), card);
    }),
};

expose(worker);
