import * as tf from '@tensorflow/tfjs';
import type { DebertaConfig } from '../model/config.ts';
import { ComposedEngine } from '../model/composed/composed-engine.ts';
import type { Engine, NamedTensors } from '../model/engine.ts';

/** Makes engines on tfjs's cpu backend: exact, slow, runs anywhere. */
export async function openCpu(): Promise<(config: DebertaConfig, weights: NamedTensors) => Promise<Engine>> {
  await tf.setBackend('cpu');
  await tf.ready();
  return async (config, weights) => new ComposedEngine(config, weights, 'cpu');
}
