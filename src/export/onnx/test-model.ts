import ort from 'onnxruntime-node';
import type { Batch } from '../../features/feature.ts';
import type { DebertaConfig } from '../../model/config.ts';
import type { Logits, NamedTensors } from '../../model/engine.ts';
import { parameterShapes } from '../../model/parameters.ts';
import { Mt19937 } from '../../random/mt19937.ts';
import { joined } from '../../checkpoint/safetensors.ts';
import { readerOf } from '../exported-model.ts';
import type { OnnxType } from './onnx-types.ts';
import { onnxModel } from '../transformers-folder.ts';

// For tests in Node: models, batches, and what onnxruntime 1.14 makes of an export.

export function randomWeights(config: DebertaConfig, seed: number): NamedTensors {
  const generator = new Mt19937(seed);
  return new Map(
    Array.from(parameterShapes(config), ([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const center = name.endsWith('LayerNorm.weight') ? 1 : 0;
      const data = Float32Array.from({ length }, () => center + 0.2 * generator.normal());
      return [name, { shape, data }];
    }),
  );
}

/** Random tokens; every row but the first is padded, each to another length. */
export function randomBatch({ vocab_size, type_vocab_size }: DebertaConfig, B: number, N: number): Batch {
  const generator = new Mt19937(B * 1000 + N);
  const draw = (below: number) => Math.floor(generator.uniform() * below);
  const inputIds = Int32Array.from({ length: B * N }, () => draw(vocab_size));
  const tokenTypeIds = Int32Array.from({ length: B * N }, () => draw(Math.max(1, type_vocab_size)));
  const attentionMask = new Int32Array(B * N).fill(1);
  for (let row = 1; row < B; row++) attentionMask.fill(0, row * N + Math.ceil(N / (row + 1)), (row + 1) * N);
  return { B, N, inputIds, attentionMask, tokenTypeIds };
}

export async function openOnnx(config: DebertaConfig, weights: NamedTensors, type: OnnxType) {
  const [file] = onnxModel({ config, read: readerOf(weights), files: {} }, type);
  return ort.InferenceSession.create(joined([...file.parts()]));
}

export async function runOnnx(
  session: ort.InferenceSession,
  { B, N, inputIds, attentionMask, tokenTypeIds }: Batch,
): Promise<Logits> {
  const tensor = (values: Int32Array) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [B, N]);
  const all: Record<string, ort.Tensor> = {
    input_ids: tensor(inputIds),
    attention_mask: tensor(attentionMask),
    token_type_ids: tensor(tokenTypeIds),
  };
  const found = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, all[name]])));
  return {
    startLogits: found.start_logits.data as Float32Array,
    endLogits: found.end_logits.data as Float32Array,
  };
}

/** Largest difference of two batches' logits. */
export function furthest(a: Logits, b: Logits): number {
  const pairs = [
    [a.startLogits, b.startLogits],
    [a.endLogits, b.endLogits],
  ];
  return Math.max(
    ...pairs.map(([x, y]) => x.reduce((most, value, at) => Math.max(most, Math.abs(value - y[at])), 0)),
  );
}
