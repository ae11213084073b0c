import type { Batch } from '../features/feature.ts';
import type { DebertaConfig } from './config.ts';

/** Named tensors of a checkpoint: shape and float32 values, row-major. */
export interface NamedTensor {
  shape: number[];
  data: Float32Array;
}
export type NamedTensors = Map<string, NamedTensor>;

export interface Logits {
  /** [B, N] each. */
  startLogits: Float32Array;
  endLogits: Float32Array;
}

export interface OptimizerStep {
  learning_rate: number;
  adam_beta1: number;
  adam_beta2: number;
  adam_epsilon: number;
  weight_decay: number;
  /** 0 switches clipping off. */
  max_grad_norm: number;
  /** Number of this optimizer step, from 1 (bias correction). */
  step: number;
  /** Seed of this step's dropout masks. */
  dropoutSeed: number;
}

export interface StepMetrics {
  step: number;
  /** Mean loss over the micro-batches. */
  loss: number;
  /** Global norm before clipping; with fp16 not finite where the gradients overflowed and the step was skipped. */
  gradNorm: number;
}

/** Fixed when an engine is made. */
export interface EngineSettings {
  /** Activations are stored as float16, and the loss is scaled so that their gradients do not vanish. WebGPU only. */
  fp16: boolean;
  /** The tables of word, position and token type embeddings stay as they are: no gradients and moments for them. */
  freeze_embeddings: boolean;
}

export const float32: EngineSettings = { fp16: false, freeze_embeddings: false };

/** torch.amp.GradScaler's state, and the steps that it skipped. */
export interface LossScaler {
  loss_scale: number;
  growth_tracker: number;
  skipped_steps: number;
}

/** Adam's moments by the names of the parameters that are trained. */
export interface OptimizerState {
  exp_avg: NamedTensors;
  exp_avg_sq: NamedTensors;
  /** With fp16. */
  scaler?: LossScaler;
}

/**
 * One model with its optimizer on one device. Two implementations: `ComposedEngine` (tfjs operations, any tfjs
 * backend: the definition) and `KernelEngine` (our WGSL kernels, one recorded plan per shape).
 */
export interface Engine {
  readonly config: DebertaConfig;
  readonly settings: EngineSettings;
  readonly device: string;
  /** No dropout. */
  forward(batch: Batch): Promise<Logits>;
  /** Loss as the model computes it for this batch (dropout off), with its logits. */
  evaluate(batch: Batch): Promise<Logits & { loss: number }>;
  /** Gradients without dropout, by parameter name, unclipped (for parity and tests). */
  gradients(batch: Batch): Promise<{ loss: number; gradients: NamedTensors }>;
  /**
   * Enqueues one optimizer step over the micro-batches (gradient accumulation); returns before the GPU is done. Aborted before the weights are
   * changed it rejects with the signal's reason, and it is as if the step had not been asked for; later it is done whole.
   */
  trainStep(microBatches: Batch[], step: OptimizerStep, signal?: AbortSignal): Promise<void>;
  /** Metrics of every step since the last call; waits for the GPU. */
  drainMetrics(): Promise<StepMetrics[]>;
  readWeights(): Promise<NamedTensors>;
  writeWeights(weights: NamedTensors): Promise<void>;
  readOptimizer(): Promise<OptimizerState>;
  writeOptimizer(state: OptimizerState): Promise<void>;
  /** Bytes live on the GPU now and at peak (0 where unknown). */
  memory(): { live: number; peak: number };
  dispose(): void;
}
