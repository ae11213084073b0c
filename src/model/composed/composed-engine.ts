import * as tf from '@tensorflow/tfjs';
import { ManabiError } from '../../errors/manabi-error.ts';
import type { Batch } from '../../features/feature.ts';
import type { DebertaConfig } from '../config.ts';
import {
  float32,
  type Engine,
  type EngineSettings,
  type Logits,
  type NamedTensors,
  type OptimizerState,
  type OptimizerStep,
  type StepMetrics,
} from '../engine.ts';
import { isDecayed, isReached, parameterShapes, trainedParameters } from '../parameters.ts';
import { adamW, type Moments } from './adam-w.ts';
import { forwardLogits, lossAndGradients, type TensorMap } from './backward.ts';
import { noDropout, spanLoss, pass } from './deberta.ts';
import { dropoutOf } from './dropout.ts';

interface PendingMetrics {
  step: number;
  loss: tf.Tensor;
  gradNorm: tf.Tensor;
}

/**
 * DeBERTa-v2 in composed tfjs operations on whatever backend tfjs has (wasm, cpu, webgpu): the definition that the fused
 * kernels are held to, and the fallback where there is no GPU.
 */
export class ComposedEngine implements Engine {
  private readonly weights: TensorMap = new Map();
  private readonly moments = new Map<string, Moments>();
  private pending: PendingMetrics[] = [];
  private peakBytes = 0;

  /** tfjs must have its backend set and ready; `device` is its name for people. Throws ManabiError engine-fp16-webgpu. */
  constructor(
    readonly config: DebertaConfig,
    weights: NamedTensors,
    readonly device: string,
    readonly settings: EngineSettings = float32,
  ) {
    if (settings.fp16) throw new ManabiError('engine-fp16-webgpu', device);
    for (const name of parameterShapes(config).keys()) this.setWeight(name, weights);
  }

  async forward(batch: Batch): Promise<Logits> {
    const logits = forwardLogits(this.config, this.weights, batch);
    return this.readLogits(logits, batch);
  }

  async evaluate(batch: Batch): Promise<Logits & { loss: number }> {
    const logits = forwardLogits(this.config, this.weights, batch);
    const loss = tf.tidy(() => spanLoss(pass(this.config, batch, noDropout), logits));
    const [value] = await loss.data();
    loss.dispose();
    return { ...(await this.readLogits(logits, batch)), loss: value };
  }

  async gradients(batch: Batch): Promise<{ loss: number; gradients: NamedTensors }> {
    const found = lossAndGradients(this.config, this.weights, batch, noDropout, this.settings);
    const [loss] = await found.loss.data();
    const gradients = await readTensors(found.gradients);
    tf.dispose([found.loss, ...found.gradients.values()]);
    return { loss, gradients };
  }

  async trainStep(microBatches: Batch[], step: OptimizerStep): Promise<void> {
    const scale = 1 / microBatches.length;
    let loss: tf.Tensor = tf.scalar(0);
    let gradients: TensorMap = new Map();
    for (const [index, batch] of microBatches.entries()) {
      const dropout = dropoutOf(step.dropoutSeed, index);
      const found = lossAndGradients(this.config, this.weights, batch, dropout, this.settings);
      const last = { loss, gradients };
      loss = tf.tidy(() => tf.add(last.loss, tf.mul(found.loss, scale)));
      if (index === 0 && microBatches.length === 1) {
        gradients = found.gradients;
        tf.dispose([last.loss, found.loss]);
      } else {
        gradients = new Map(
          [...found.gradients].map(([name, gradient]) => [
            name,
            addScaled(last.gradients.get(name), gradient, scale),
          ]),
        );
        tf.dispose([last.loss, found.loss, ...last.gradients.values(), ...found.gradients.values()]);
      }
    }
    this.peakBytes = Math.max(this.peakBytes, tf.memory().numBytes);
    const gradNorm = globalNorm([...gradients.values()]);
    this.update(gradients, gradNorm, step);
    tf.dispose([...gradients.values()]);
    this.pending.push({ step: step.step, loss, gradNorm });
  }

  async drainMetrics(): Promise<StepMetrics[]> {
    const pending = this.pending;
    this.pending = [];
    const drained: StepMetrics[] = [];
    for (const { step, loss, gradNorm } of pending) {
      drained.push({ step, loss: (await loss.data())[0], gradNorm: (await gradNorm.data())[0] });
      tf.dispose([loss, gradNorm]);
    }
    return drained;
  }

  async readWeights(): Promise<NamedTensors> {
    return readTensors(this.weights);
  }

  async writeWeights(weights: NamedTensors): Promise<void> {
    for (const name of this.weights.keys()) this.setWeight(name, weights);
  }

  /** Zeros for trained parameters that no step has touched. */
  async readOptimizer(): Promise<OptimizerState> {
    const first: TensorMap = new Map();
    const second: TensorMap = new Map();
    for (const name of trainedParameters(this.config, this.settings)) {
      const moments = this.momentsOf(name);
      first.set(name, moments.first);
      second.set(name, moments.second);
    }
    return { exp_avg: await readTensors(first), exp_avg_sq: await readTensors(second) };
  }

  async writeOptimizer({ exp_avg, exp_avg_sq }: OptimizerState): Promise<void> {
    const upload = (from: NamedTensors, name: string) => {
      const { data, shape } = requireTensor(from, name);
      return tf.tensor(data, shape);
    };
    for (const name of trainedParameters(this.config, this.settings)) {
      const old = this.moments.get(name);
      this.moments.set(name, { first: upload(exp_avg, name), second: upload(exp_avg_sq, name) });
      if (old) tf.dispose([old.first, old.second]);
    }
  }

  memory(): { live: number; peak: number } {
    const live = tf.memory().numBytes;
    return { live, peak: Math.max(live, this.peakBytes) };
  }

  dispose(): void {
    tf.dispose([...this.weights.values()]);
    for (const { first, second } of this.moments.values()) tf.dispose([first, second]);
    for (const { loss, gradNorm } of this.pending) tf.dispose([loss, gradNorm]);
    this.weights.clear();
    this.moments.clear();
    this.pending = [];
  }

  private update(gradients: TensorMap, gradNorm: tf.Tensor, step: OptimizerStep): void {
    // torch.nn.utils.clip_grad_norm_: never scales up.
    const clip = tf.tidy(() =>
      step.max_grad_norm > 0
        ? tf.minimum(1, tf.div(step.max_grad_norm, tf.add(gradNorm, 1e-6)))
        : tf.scalar(1),
    );
    for (const [name, gradient] of gradients) {
      const parameter = requireTensor(this.weights, name);
      const moments = this.momentsOf(name);
      const clipped = tf.mul(gradient, clip);
      const decayed = isDecayed(name) && isReached(name, this.config);
      const next = adamW(parameter, clipped, moments, step, decayed);
      this.weights.set(name, next.parameter);
      this.moments.set(name, { first: next.first, second: next.second });
      tf.dispose([parameter, moments.first, moments.second, clipped]);
    }
    clip.dispose();
  }

  private momentsOf(name: string): Moments {
    let moments = this.moments.get(name);
    if (!moments) {
      const parameter = requireTensor(this.weights, name);
      moments = { first: tf.zerosLike(parameter), second: tf.zerosLike(parameter) };
      this.moments.set(name, moments);
    }
    return moments;
  }

  private setWeight(name: string, from: NamedTensors): void {
    const { data, shape } = requireTensor(from, name);
    this.weights.get(name)?.dispose();
    // A copy: tfjs's cpu backend keeps the array it is given.
    this.weights.set(name, tf.tensor(data.slice(), shape));
  }

  private async readLogits(logits: tf.Tensor, { B, N }: Batch): Promise<Logits> {
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    this.peakBytes = Math.max(this.peakBytes, tf.memory().numBytes);
    return { startLogits: values.slice(0, B * N), endLogits: values.slice(B * N) };
  }
}

/** Throws RangeError: the loader of checkpoints has made sure that every tensor is there. */
function requireTensor<T>(tensors: Map<string, T>, name: string): T {
  const found = tensors.get(name);
  if (found === undefined) throw new RangeError(`no tensor ${name}`);
  return found;
}

async function readTensors(tensors: TensorMap): Promise<NamedTensors> {
  const read: NamedTensors = new Map();
  for (const [name, tensor] of tensors) {
    read.set(name, { shape: [...tensor.shape], data: Float32Array.from(await tensor.data()) });
  }
  return read;
}

function addScaled(sum: tf.Tensor | undefined, gradient: tf.Tensor, scale: number): tf.Tensor {
  return tf.tidy(() => {
    const scaled = tf.mul(gradient, scale);
    return sum ? tf.add(sum, scaled) : scaled;
  });
}

function globalNorm(gradients: tf.Tensor[]): tf.Tensor {
  // One by one: WebGPU binds at most ten tensors to an addN.
  return tf.tidy(() => {
    // Along rows, then over them: long sums of float32 round more.
    const squares = gradients.map((gradient) => tf.sum(tf.sum(tf.square(gradient), -1)));
    return tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square)));
  });
}
