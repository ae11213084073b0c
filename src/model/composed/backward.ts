import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../features/feature.ts';
import type { DebertaConfig } from '../config.ts';
import type { EngineSettings } from '../engine.ts';
import { trainedParameters } from '../parameters.ts';
import {
  embeddings,
  head,
  layer,
  pass,
  relativeEmbeddings,
  spanLoss,
  noDropout,
  type Dropout,
  type Pass,
  type Weights,
} from './deberta.ts';

export type TensorMap = Map<string, tf.Tensor>;

function lookup(tensors: TensorMap): Weights {
  return (name) => {
    const found = tensors.get(name);
    if (!found) throw new RangeError(`no tensor ${name}`);
    return found;
  };
}

/** Which parameters the parts of the model use, so that each part can be differentiated alone. */
function parameterGroups(config: DebertaConfig, settings: EngineSettings) {
  const names = trainedParameters(config, settings);
  const startingWith = (...prefixes: string[]) =>
    names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
  return {
    embeddings: startingWith('deberta.embeddings.'),
    relative: startingWith('deberta.encoder.rel_embeddings.', 'deberta.encoder.LayerNorm.'),
    layers: Array.from({ length: config.num_hidden_layers }, (_, l) =>
      startingWith(`deberta.encoder.layer.${l}.`, ...(l === 0 ? ['deberta.encoder.conv.'] : [])),
    ),
    head: startingWith('qa_outputs.'),
  };
}

function relativeOrNull(the: Pass, weights: Weights): tf.Tensor | null {
  return the.config.relative_attention ? relativeEmbeddings(the, weights) : null;
}

function takesEmbedding(the: Pass, index: number): boolean {
  return index === 0 && the.config.conv_kernel_size > 0;
}

/** Logits [2 * B, N] (start rows, then end rows), without dropout. The caller disposes of them. */
export function forwardLogits(config: DebertaConfig, weights: TensorMap, batch: Batch): tf.Tensor {
  return tf.tidy(() => {
    const the = pass(config, batch, noDropout);
    const of = lookup(weights);
    const relative = relativeOrNull(the, of);
    let x = embeddings(the, of);
    for (let l = 0; l < config.num_hidden_layers; l++) {
      x = tf.tidy(() => layer(the, of, l, x, relative, takesEmbedding(the, l) ? x : null));
    }
    return head(the, of, x);
  });
}

/**
 * Loss and the gradient of every trained parameter. Only each layer's input is kept on the way forward; on the way back a layer
 * is computed again and differentiated alone, so memory grows with one layer, not with all. The caller disposes of the result.
 */
export function lossAndGradients(
  config: DebertaConfig,
  weights: TensorMap,
  batch: Batch,
  dropout: Dropout,
  settings: EngineSettings,
): { loss: tf.Tensor; gradients: TensorMap } {
  const groups = parameterGroups(config, settings);
  const gradients: TensorMap = new Map();
  const loss = tf.tidy(() => {
    const the = pass(config, batch, dropout);
    const of = lookup(weights);

    // Gradients with respect to `inputs` and the named weights; the latter are kept, the former given back.
    const differentiate = (
      part: (inputs: tf.Tensor[], weights: Weights) => tf.Tensor,
      inputs: tf.Tensor[],
      names: string[],
      dy?: tf.Tensor,
    ) => {
      const values = names.map(of);
      const found = tf.valueAndGrads((...args: tf.Tensor[]) => {
        const used = new Map(names.map((name, i) => [name, args[inputs.length + i]]));
        // What is frozen is a constant.
        return part(args.slice(0, inputs.length), (name) => used.get(name) ?? of(name));
      })([...inputs, ...values], dy);
      for (const [i, name] of names.entries()) {
        gradients.set(name, tf.keep(found.grads[inputs.length + i]));
      }
      return { value: found.value, grads: found.grads.slice(0, inputs.length) };
    };

    const relative = relativeOrNull(the, of);
    const inputs = [embeddings(the, of)];
    for (let l = 0; l < config.num_hidden_layers; l++) {
      const x = inputs[l];
      inputs.push(tf.tidy(() => layer(the, of, l, x, relative, takesEmbedding(the, l) ? x : null)));
    }

    const top = differentiate(
      ([x], own) => spanLoss(the, head(the, own, x)),
      [inputs[config.num_hidden_layers]],
      groups.head,
    );
    let dx = top.grads[0];
    let dRelative: tf.Tensor | null = null;
    // Without c2p and p2c the relative embeddings reach no score.
    const usesRelative = relative !== null && config.pos_att_type.length > 0;
    for (let l = config.num_hidden_layers - 1; l >= 0; l--) {
      const [dInput, dTable] = tf.tidy(() => {
        const { grads } = differentiate(
          ([x, table], own) =>
            layer(the, own, l, x, usesRelative ? table : null, takesEmbedding(the, l) ? x : null),
          usesRelative ? [inputs[l], relative] : [inputs[l]],
          groups.layers[l],
          dx,
        );
        return [grads[0], usesRelative && dRelative ? tf.add(dRelative, grads[1]) : grads[1]];
      });
      dx.dispose();
      inputs[l + 1].dispose();
      dRelative?.dispose();
      [dx, dRelative] = [dInput, dTable ?? null];
    }
    if (dRelative) {
      differentiate((_, own) => relativeEmbeddings(the, own), [], groups.relative, dRelative);
    } else {
      for (const name of groups.relative) gradients.set(name, tf.keep(tf.zerosLike(of(name))));
    }
    differentiate((_, own) => embeddings(the, own), [], groups.embeddings, dx);
    return top.value;
  });
  return { loss, gradients };
}
