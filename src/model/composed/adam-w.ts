import * as tf from '@tensorflow/tfjs';
import type { OptimizerStep } from '../engine.ts';

export interface Moments {
  first: tf.Tensor;
  second: tf.Tensor;
}

/**
 * One parameter's AdamW update as torch.optim.AdamW does it: decay first (p *= 1 - lr * wd), then
 * p -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps). Gives new tensors; the old ones stay the caller's.
 */
export function adamW(
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  { first, second }: Moments,
  step: OptimizerStep,
  decayed: boolean,
): Moments & { parameter: tf.Tensor } {
  return tf.tidy(() => {
    const { learning_rate, adam_beta1, adam_beta2, adam_epsilon, weight_decay } = step;
    const correction1 = 1 - adam_beta1 ** step.step;
    const correction2 = 1 - adam_beta2 ** step.step;
    const m = tf.add(first, tf.mul(tf.sub(gradient, first), 1 - adam_beta1));
    const v = tf.add(tf.mul(second, adam_beta2), tf.mul(tf.square(gradient), 1 - adam_beta2));
    const denominator = tf.add(tf.div(tf.sqrt(v), Math.sqrt(correction2)), adam_epsilon);
    const kept = decayed ? tf.mul(parameter, 1 - learning_rate * weight_decay) : parameter;
    const moved = tf.mul(tf.div(m, denominator), learning_rate / correction1);
    return { parameter: tf.sub(kept, moved), first: m, second: v };
  });
}
