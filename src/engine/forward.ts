// The forward pass as dispatches, in the order of the paper.
import { attentionForward } from '../kernels/attention/attention.ts';
import { convActivation, convColumns } from '../kernels/conv/conv.ts';
import { dropout } from '../kernels/dropout/dropout-kernel.ts';
import { embed } from '../kernels/embedding/embedding.ts';
import { layerNorm } from '../kernels/layer-norm/layer-norm.ts';
import { matmul, type Matmul } from '../kernels/linear/matmul.ts';
import { attentionScale, relativeSpan } from '../model/config.ts';
import { dropoutSites } from '../model/dropout-sites.ts';
import type { Build } from './build.ts';

/** Ids to logits [T, 2] (start and end side by side), keeping every layer's input in train and gradients mode. */
export function forward(build: Build): void {
  const { config } = build;
  embeddings(build);
  relativeEmbeddings(build);
  const L = config.num_hidden_layers;
  for (let l = 0; l < L; l++) {
    const conv = l === 0 && config.conv_kernel_size > 0;
    // The last layer's buffers are still there when the backward pass begins with it.
    layer(build, l, !build.recompute || l === L - 1);
    build.add(
      layerNorm({
        ...normOf(build, `deberta.encoder.layer.${l}.output`),
        x: build.layer('fed', l),
        y: conv ? build.space('layer 0') : build.saved(l + 1),
        rows: build.T,
      }),
    );
    if (conv) {
      convolution(build);
      build.add(
        layerNorm({
          ...normOf(build, 'deberta.encoder.conv'),
          x: build.space('conv sum'),
          y: build.saved(1),
          rows: build.T,
          mask: build.space('mask'),
        }),
      );
    }
  }
  const H = config.hidden_size;
  linear(build, {
    label: 'head',
    M: build.T,
    N: 2,
    K: H,
    a: { slice: build.saved(L), ld: H },
    b: { slice: build.weight('qa_outputs.weight'), ld: H, transposed: true },
    c: { slice: build.space('logits'), ld: 2 },
    epilogue: { kind: 'bias', bias: build.weight('qa_outputs.bias') },
  });
}

/** The embedding sum before its LayerNorm. */
export function embeddingSum({ config }: Build): string {
  return config.embedding_size === config.hidden_size ? 'embedded' : 'projected';
}

function embeddings(build: Build): void {
  const { config } = build;
  const { hidden_size: H, embedding_size: E } = config;
  const table = (name: string) => build.weight(`deberta.embeddings.${name}.weight`);
  build.add(
    embed({
      label: 'embed',
      B: build.shape.B,
      N: build.shape.N,
      width: E,
      ids: build.space('ids'),
      word: table('word_embeddings'),
      position: config.position_biased_input ? table('position_embeddings') : null,
      types:
        config.type_vocab_size > 0
          ? { ids: build.space('types'), table: table('token_type_embeddings') }
          : null,
      y: build.space('embedded'),
    }),
  );
  if (E !== H) {
    linear(build, {
      label: 'embedding projection',
      M: build.T,
      N: H,
      K: E,
      a: { slice: build.space('embedded'), ld: E },
      b: { slice: table('embed_proj'), ld: E, transposed: true },
      c: { slice: build.space('projected'), ld: H },
    });
  }
  build.add(
    layerNorm({
      ...normOf(build, 'deberta.embeddings'),
      x: build.space(embeddingSum(build)),
      y: build.saved(0),
      rows: build.T,
      mask: build.space('mask'),
      drop: build.hiddenDrop(dropoutSites.embeddings),
    }),
  );
}

/** The relative embeddings are normalized once for all layers. */
function relativeEmbeddings(build: Build): void {
  if (!build.has('relative')) return;
  build.add(
    layerNorm({
      ...normOf(build, 'deberta.encoder'),
      x: build.weight('deberta.encoder.rel_embeddings.weight'),
      y: build.space('relative'),
      rows: 2 * relativeSpan(build.config),
    }),
  );
}

/** Label, parameters, width and eps of the LayerNorm called `name`. */
export function normOf(build: Build, name: string) {
  return {
    label: `${name} norm`,
    weight: build.weight(`${name}.LayerNorm.weight`),
    bias: build.weight(`${name}.LayerNorm.bias`),
    width: build.config.hidden_size,
    eps: build.config.layer_norm_eps,
  };
}

export function linear(build: Build, options: Matmul): void {
  build.add(matmul(build.tiles, options));
}

/** Layer l from its input to "fed", the sum before its last LayerNorm. `keep`: the backward pass will find the
 * input of GELU. */
export function layer(build: Build, l: number, keep: boolean): void {
  const { config, T } = build;
  const { hidden_size: H, intermediate_size: I } = config;
  const name = `deberta.encoder.layer.${l}`;
  attention(build, l);
  linear(build, {
    label: 'attention output',
    M: T,
    N: H,
    K: H,
    a: { slice: build.layer('context', l), ld: H },
    b: { slice: build.weight(`${name}.attention.output.dense.weight`), ld: H, transposed: true },
    c: { slice: build.layer('attended', l), ld: H },
    epilogue: {
      kind: 'residual',
      bias: build.weight(`${name}.attention.output.dense.bias`),
      residual: build.saved(l),
      ...build.hiddenDrop(dropoutSites.attentionOutput(l)),
    },
  });
  build.add(
    layerNorm({
      ...normOf(build, `${name}.attention.output`),
      x: build.layer('attended', l),
      y: build.layer('middle', l),
      rows: T,
    }),
  );
  linear(build, {
    label: 'intermediate',
    M: T,
    N: I,
    K: H,
    a: { slice: build.layer('middle', l), ld: H },
    b: { slice: build.weight(`${name}.intermediate.dense.weight`), ld: H, transposed: true },
    c: { slice: build.layer('inner', l), ld: I },
    epilogue: {
      kind: 'gelu',
      bias: build.weight(`${name}.intermediate.dense.bias`),
      ...(keep && build.mode !== 'evaluate' ? { keepSlope: build.layer('inner slope', l) } : {}),
    },
  });
  linear(build, {
    label: 'output',
    M: T,
    N: H,
    K: I,
    a: { slice: build.layer('inner', l), ld: I },
    b: { slice: build.weight(`${name}.output.dense.weight`), ld: I, transposed: true },
    c: { slice: build.layer('fed', l), ld: H },
    epilogue: {
      kind: 'residual',
      bias: build.weight(`${name}.output.dense.bias`),
      residual: build.layer('middle', l),
      ...build.hiddenDrop(dropoutSites.output(l)),
    },
  });
}

function attention(build: Build, l: number): void {
  const { config, shape, T, window, parts } = build;
  const { hidden_size: H, num_attention_heads: h } = config;
  const { B, N } = shape;
  const D = H / h;
  const R = window.count;
  linear(build, {
    label: 'query, key, value',
    M: T,
    N: 3 * H,
    K: H,
    a: { slice: build.saved(l), ld: H },
    b: { slice: build.group('weight', l, 'weight', false), ld: H, transposed: true },
    c: { slice: build.layer('qkv', l), ld: 3 * H },
    epilogue: { kind: 'bias', bias: build.group('weight', l, 'bias', false) },
  });
  if (parts.width > 0) {
    const drop = build.hiddenDrop(dropoutSites.relative(l));
    if (drop.dropout > 0) {
      build.add(
        dropout({
          label: 'relative dropout',
          x: relativeTable(build),
          y: build.layer('relative dropped', l),
          length: 2 * relativeSpan(config) * H,
          drop,
        }),
      );
    }
    const projection = relativeProjection(build);
    linear(build, {
      label: 'relative projection',
      M: R,
      N: parts.width,
      K: H,
      a: { slice: relativeInput(build, l), ld: H, offset: window.start * H },
      b: { ...projection.matrix('weight', l), transposed: true },
      c: { slice: build.layer('relative projected', l), ld: parts.width },
      epilogue: { kind: 'bias', bias: projection.bias('weight', l), vectorOffset: projection.first },
    });
    const table = (offset: number) => ({
      slice: build.layer('relative projected', l),
      ld: parts.width,
      offset,
      head: D,
      transposed: true,
    });
    const scores = (name: string, content: number, relative: number) =>
      linear(build, {
        label: name,
        M: N,
        N: R,
        K: D,
        batches: B,
        heads: h,
        a: { slice: build.layer('qkv', l), ld: 3 * H, offset: content, batch: N * 3 * H, head: D },
        b: table(relative),
        c: { slice: build.layer(name, l), ld: R, batch: h * N * R, head: N * R },
      });
    if (parts.c2p) scores('c2p', 0, parts.key);
    if (parts.p2c) scores('p2c', H, parts.query);
  }
  build.add(attentionForward(attentionOf(build, l)));
}

/** What all attention kernels of layer l are told. */
export function attentionOf(build: Build, l: number) {
  const { config, shape, window, parts } = build;
  return {
    B: shape.B,
    N: shape.N,
    heads: config.num_attention_heads,
    headSize: config.hidden_size / config.num_attention_heads,
    R: window.count,
    scale: attentionScale(config),
    qkv: build.layer('qkv', l),
    c2p: parts.c2p ? build.layer('c2p', l) : null,
    p2c: parts.p2c ? build.layer('p2c', l) : null,
    inputs: build.space('attention inputs'),
    context: build.layer('context', l),
    stats: build.layer('stats', l),
    ...build.drop(dropoutSites.probabilities(l), config.attention_probs_dropout_prob),
  };
}

/** [2P, H], the same for all layers. */
function relativeTable(build: Build) {
  return build.has('relative')
    ? build.space('relative')
    : build.weight('deberta.encoder.rel_embeddings.weight');
}

/** [2P, H] as layer l takes it. */
export function relativeInput(build: Build, l: number) {
  const { dropout: p } = build.hiddenDrop(dropoutSites.relative(l));
  return p > 0 ? build.layer('relative dropped', l) : relativeTable(build);
}

/** The rows of a group of projections that act on the relative embeddings: query for p2c, key for c2p, or both. */
export function relativeProjection(build: Build) {
  const { config, parts } = build;
  const H = config.hidden_size;
  const shared = config.share_att_key;
  const first = shared && !parts.p2c ? H : 0;
  return {
    first,
    matrix: (from: 'weight' | 'gradient', l: number) => ({
      slice: build.group(from, l, 'weight', !shared),
      ld: H,
      offset: first * H,
    }),
    bias: (from: 'weight' | 'gradient', l: number) => build.group(from, l, 'bias', !shared),
  };
}

/** ConvLayer up to "conv sum", the input of its LayerNorm: layer 0's output + act(conv(embedding output)). */
export function convolution(build: Build): void {
  const { config, shape, T } = build;
  const { hidden_size: H, conv_kernel_size: K, conv_groups: G } = config;
  const width = (H / G) * K;
  build.add(
    convColumns({
      label: 'conv columns',
      ...shape,
      width: H,
      kernel: K,
      x: build.saved(0),
      y: build.space('conv columns'),
    }),
  );
  linear(build, {
    label: 'convolution',
    M: T,
    N: H / G,
    K: width,
    heads: G,
    a: { slice: build.space('conv columns'), ld: H * K, head: width },
    b: {
      slice: build.weight('deberta.encoder.conv.conv.weight'),
      ld: width,
      head: (H / G) * width,
      transposed: true,
    },
    c: { slice: build.space('convolved'), ld: H, head: H / G },
  });
  build.add(
    convActivation({
      label: 'conv activation',
      rows: T,
      width: H,
      act: config.conv_act,
      x: build.space('convolved'),
      bias: build.weight('deberta.encoder.conv.conv.bias'),
      mask: build.space('mask'),
      residual: build.space('layer 0'),
      y: build.space('conv sum'),
      drop: build.hiddenDrop(dropoutSites.convolution(config)),
    }),
  );
}
