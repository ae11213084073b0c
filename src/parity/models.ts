import type { Batch } from '../features/feature.ts';
import { bytesSource } from '../checkpoint/byte-source.ts';
import { loadWeights } from '../checkpoint/load-weights.ts';
import { readSafetensors } from '../checkpoint/safetensors.ts';
import { parseConfig, type DebertaConfig } from '../model/config.ts';
import { parameterShapes } from '../model/parameters.ts';
import type { NamedTensors } from '../model/engine.ts';
import { readJson, subfolders, type GoldenFolder } from './golden-folder.ts';
import type { Report } from './report.ts';
import type { Sources } from './sources.ts';

/** config.json and model.safetensors of `prefix`, read by the code that reads a user's model. */
export async function loadModel(
  folder: GoldenFolder,
  prefix: string,
): Promise<{ config: DebertaConfig; weights: NamedTensors }> {
  const config = parseConfig(await readJson(folder, `${prefix}/config.json`), `${prefix}/config.json`);
  const file = `${prefix}/model.safetensors`;
  const source = bytesSource(file, await folder.bytes(file));
  const { tensors } = await loadWeights([source], parameterShapes(config));
  return { config, weights: tensors };
}

/** Every tensor of a safetensors file of the goldens; integers come back as floats, exactly. */
export async function readTensors(folder: GoldenFolder, path: string): Promise<NamedTensors> {
  return readSafetensors(bytesSource(path, await folder.bytes(path)));
}

/** Rows [from, to) of `<prefix>.input_ids` ... as a batch. */
export function goldenBatch(tensors: NamedTensors, prefix: string, from = 0, to = Infinity): Batch {
  const shape = tensors.get(`${prefix}.input_ids`)?.shape ?? [0, 0];
  const [B, N] = [Math.min(to, shape[0]) - from, shape[1]];
  const rows = (name: string, width: number) => {
    const tensor = tensors.get(`${prefix}.${name}`);
    return tensor
      ? Int32Array.from(tensor.data.subarray(from * width, (from + B) * width))
      : new Int32Array(B * width);
  };
  return {
    B,
    N,
    inputIds: rows('input_ids', N),
    attentionMask: rows('attention_mask', N),
    tokenTypeIds: rows('token_type_ids', N),
    startPositions: rows('start_positions', 1),
    endPositions: rows('end_positions', 1),
  };
}

/**
 * Softmax is shift-invariant, so these two gradients are 0, and what float32 gives for them is rounding. The recording's is no
 * more right than ours: PyTorch in float64 is outside the bound of it in 1 of 20 recordings. So ours are held to 0 itself, under
 * the same bound, and the line tells how far the recording is from it.
 */
export function zeroGradients({ num_hidden_layers: L, conv_kernel_size }: DebertaConfig): string[] {
  // A convolution comes after the first layer: then that one's output is not the head's input.
  const last =
    L === 1 && conv_kernel_size > 0 ? [] : [`deberta.encoder.layer.${L - 1}.output.LayerNorm.bias`];
  return ['qa_outputs.bias', ...last];
}

const GRADIENT_BOUND = 1e-4;

/** models/<m>/: logits, loss and every gradient of every golden batch. */
export async function checkModels(sources: Sources, report: Report): Promise<void> {
  for (const name of subfolders(sources.folder, 'models')) {
    if (!sources.folder.paths.includes(`models/${name}/golden.safetensors`)) {
      if (name !== 'qa-trained') report.note(`model ${name}: not checked, it has no golden.safetensors`);
      continue;
    }
    const { config, weights } = await loadModel(sources.folder, `models/${name}`);
    const golden = await readTensors(sources.folder, `models/${name}/golden.safetensors`);
    const engine = await sources.createEngine(config, weights);
    const zero = zeroGradients(config);
    const worst = { logits: 0, loss: 0, gradient: 0, tensor: '', zero: 0, recordedZero: 0 };
    try {
      const batches = [...golden.keys()]
        .filter((key) => key.endsWith('.input_ids'))
        .map((key) => key.split('.')[0]);
      for (const key of batches) {
        const batch = goldenBatch(golden, key);
        const found = await engine.evaluate(batch);
        const logits = Math.max(
          largestDifference(found.startLogits, golden.get(`${key}.start_logits`)?.data),
          largestDifference(found.endLogits, golden.get(`${key}.end_logits`)?.data),
        );
        worst.logits = Math.max(worst.logits, logits);
        worst.loss = Math.max(worst.loss, largestDifference([found.loss], golden.get(`${key}.loss`)?.data));
        if ([...golden.keys()].some((tensor) => tensor.startsWith(`${key}.grad.`))) {
          const { gradients } = await engine.gradients(batch);
          for (const { tensor, error, value, recorded } of compareGradients(golden, key, gradients)) {
            if (zero.includes(tensor)) {
              worst.zero = Math.max(worst.zero, value);
              worst.recordedZero = Math.max(worst.recordedZero, recorded);
            } else if (error > worst.gradient) Object.assign(worst, { gradient: error, tensor });
          }
        }
      }
    } finally {
      engine.dispose();
    }
    report.atMost(`model ${name} logits`, worst.logits, 1e-4);
    report.atMost(`model ${name} loss`, worst.loss, 1e-5);
    report.atMost(`model ${name} gradients (worst: ${worst.tensor})`, worst.gradient, GRADIENT_BOUND);
    const recorded = worst.recordedZero.toExponential(2);
    report.atMost(
      `model ${name} gradients that are exactly 0 (recorded: ${recorded})`,
      worst.zero,
      GRADIENT_BOUND,
    );
  }
}

/** Largest |found - golden|; Infinity where a length differs or a value is missing or not a number. */
export function largestDifference(found: ArrayLike<number>, golden: ArrayLike<number> | undefined): number {
  if (!golden || golden.length !== found.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < golden.length; i++) {
    const difference = Math.abs(found[i] - golden[i]);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/** Of every recorded gradient: the error relative to max(its largest value, floor), and how large both are relative to the floor. */
function compareGradients(golden: NamedTensors, batch: string, found: NamedTensors) {
  const prefix = `${batch}.grad.`;
  const names = [...golden.keys()].flatMap((key) =>
    key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
  );
  const valuesOf = (name: string) => golden.get(prefix + name)?.data ?? new Float32Array();
  const floor = 1e-3 * Math.max(...names.map((name) => largestOf(valuesOf(name))));
  return names.map((tensor) => {
    const [values, ours] = [valuesOf(tensor), found.get(tensor)?.data ?? new Float32Array()];
    return {
      tensor,
      error: largestDifference(ours, values) / Math.max(largestOf(values), floor),
      value: largestDifference(ours, new Float32Array(values.length)) / floor,
      recorded: largestOf(values) / floor,
    };
  });
}

function largestOf(values: Float32Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}
