import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { bytesSource } from '../../checkpoint/byte-source.ts';
import { joined, readSafetensors } from '../../checkpoint/safetensors.ts';
import { openCpu } from '../../cli/backend.ts';
import { parseConfig } from '../../model/config.ts';
import { goldenFixture } from '../../parity/fixture-files.ts';
import { readerOf } from '../exported-model.ts';
import { debertaOnnx } from './deberta-graph.ts';
import { GraphBuilder } from './graph.ts';
import { storedWeights } from './stored-weights.ts';
import { furthest, openOnnx, randomBatch, randomWeights, runOnnx } from './test-model.ts';
import { onnxFiles } from './write-onnx.ts';

const createEngine = await openCpu();

async function fixtureModel(name: string) {
  const read = (file: string) => goldenFixture(`models/${name}/${file}`);
  const config = parseConfig(JSON.parse(new TextDecoder().decode(read('config.json'))), name);
  const weights = await readSafetensors(bytesSource(name, read('model.safetensors')));
  const golden = await readSafetensors(bytesSource(name, read('golden.safetensors')));
  return { config, weights, golden };
}

describe.each(['ku-like', 'conv-gelu', 'embed-proj-p2c'])('%s', (name) => {
  test('onnxruntime 1.14 gives the recorded logits', { timeout: 60_000 }, async () => {
    const { config, weights, golden } = await fixtureModel(name);
    const session = await openOnnx(config, weights, 'fp32');
    const batches = new Set([...golden.keys()].filter((key) => key.endsWith('.input_ids')));
    expect(batches.size).toBeGreaterThan(0);
    for (const key of batches) {
      const tensor = (field: string) => golden.get(key.replace('input_ids', field));
      const [B, N] = tensor('input_ids')?.shape ?? [];
      const integers = (field: string) => Int32Array.from(tensor(field)?.data ?? new Float32Array(B * N));
      const found = await runOnnx(session, {
        B,
        N,
        inputIds: integers('input_ids'),
        attentionMask: integers('attention_mask'),
        tokenTypeIds: integers('token_type_ids'),
      });
      const floats = (field: string) => tensor(field)?.data ?? new Float32Array();
      const wanted = { startLogits: floats('start_logits'), endLogits: floats('end_logits') };
      expect(wanted.startLogits.length).toBe(B * N);
      expect(furthest(found, wanted)).toBeLessThan(1e-4);
    }
  });
});

const small = {
  model_type: 'deberta-v2',
  vocab_size: 60,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 32,
  max_position_embeddings: 512,
  relative_attention: true,
  position_buckets: 16,
  pos_att_type: ['c2p', 'p2c'],
  share_att_key: true,
  norm_rel_ebd: 'layer_norm',
  position_biased_input: false,
};

const configs: Record<string, object> = {
  'positions and types, no relative attention': {
    relative_attention: false,
    position_biased_input: true,
    type_vocab_size: 2,
    pos_att_type: [],
  },
  'keys of its own, positions, types': {
    share_att_key: false,
    position_biased_input: true,
    type_vocab_size: 3,
  },
  'distances without buckets': { position_buckets: -1, max_relative_positions: 12, pos_att_type: ['c2p'] },
  'an odd number of buckets': { position_buckets: 7, pos_att_type: ['p2c'] },
  'few buckets over a short range': { position_buckets: 4, max_relative_positions: 20 },
  'relative attention with no kind of it': { pos_att_type: [] },
  'a wide grouped convolution of narrow embeddings': {
    conv_kernel_size: 5,
    conv_groups: 2,
    conv_act: 'tanh',
    embedding_size: 8,
  },
};

describe.each(Object.entries(configs))('%s', (_, given) => {
  const config = parseConfig({ ...small, ...given }, 'test');
  const weights = randomWeights(config, 1);

  test('onnxruntime gives the engine’s logits, padded or not', { timeout: 60_000 }, async () => {
    const engine = await createEngine(config, weights);
    const session = await openOnnx(config, weights, 'fp32');
    for (const [B, N] of [
      [1, 1],
      [1, 8],
      [3, 45],
      [8, 64],
      [2, 512],
    ]) {
      const batch = randomBatch(config, B, N);
      expect([B, N, furthest(await runOnnx(session, batch), await engine.forward(batch))]).toEqual([
        B,
        N,
        expect.closeTo(0, 4),
      ]);
    }
    engine.dispose();
  });

  test('half weights and 8 bits stay near', { timeout: 60_000 }, async () => {
    const batch = randomBatch(config, 3, 45);
    const exact = await runOnnx(await openOnnx(config, weights, 'fp32'), batch);
    const half = furthest(await runOnnx(await openOnnx(config, weights, 'fp16'), batch), exact);
    const quantized = furthest(await runOnnx(await openOnnx(config, weights, 'q8'), batch), exact);
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(0.02);
    expect(quantized).toBeLessThan(0.5);
  });
});

test(
  'a model beyond the limit of one message has its tensors in a second file',
  { timeout: 60_000 },
  async () => {
    const { config, weights } = await fixtureModel('ku-like');
    const graph = new GraphBuilder();
    const model = debertaOnnx(config, graph, storedWeights(config, readerOf(weights), graph, 'fp32'));
    const files = onnxFiles(model, 'model.onnx', 50_000);
    expect(files.map(({ name }) => name)).toEqual(['model.onnx', 'model.onnx_data']);
    const folder = await mkdtemp(join(tmpdir(), 'onnx-'));
    try {
      for (const { name, size, parts } of files) {
        const bytes = joined([...parts()]);
        expect(bytes.length).toBe(size);
        await writeFile(join(folder, name), bytes);
      }
      const batch = randomBatch(config, 2, 20);
      const apart = await runOnnx(await ort.InferenceSession.create(join(folder, 'model.onnx')), batch);
      const whole = await runOnnx(await openOnnx(config, weights, 'fp32'), batch);
      expect(furthest(apart, whole)).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
