// The backward pass as dispatches. "d" holds the gradient that travels down; gradients of parameters are added to.
import { attentionBackward } from '../kernels/attention/attention.ts';
import { convActivationGrad, convColumnsGrad } from '../kernels/conv/conv.ts';
import { embedGrad, positionGrad } from '../kernels/embedding/embedding.ts';
import type { Slice } from '../kernels/kernel.ts';
import {
  addNormPartials,
  layerNormGrad,
  NORMS_PER_CALL,
  PARTIAL_ROWS,
  partialLength,
  type NormGrad,
  type PartialSums,
} from '../kernels/layer-norm/layer-norm-grad.ts';
import { spanLoss, type SpanLoss } from '../kernels/span-loss/span-loss.ts';
import { relativeSpan } from '../model/config.ts';
import { dropoutSites } from '../model/dropout-sites.ts';
import type { Build } from './build.ts';
import { placementOf } from './layout.ts';
import {
  attentionOf,
  convolution,
  embeddingSum,
  layer,
  linear,
  normOf,
  relativeInput,
  relativeProjection,
} from './forward.ts';

/** Loss and the gradients of all parameters but the table of relative embeddings and its LayerNorm (`relativeGrad`). */
export function backward(build: Build): void {
  const { config, T } = build;
  const { hidden_size: H, num_hidden_layers: L } = config;
  const d = build.space('d');
  build.add(lossOf(build, { logits: build.space('d logits'), bias: build.gradient('qa_outputs.bias') }));
  const dLogits = { slice: build.space('d logits'), ld: 2 };
  linear(build, {
    label: 'head weight gradient',
    M: 2,
    N: H,
    K: T,
    a: { ...dLogits, transposed: true },
    b: { slice: build.saved(L), ld: H },
    c: { slice: build.gradient('qa_outputs.weight'), ld: H },
    accumulate: true,
  });
  linear(build, {
    label: 'head gradient',
    M: T,
    N: H,
    K: 2,
    a: dLogits,
    b: { slice: build.weight('qa_outputs.weight'), ld: H },
    c: { slice: d, ld: H },
  });
  for (let l = L - 1; l >= 0; l--) {
    const conv = l === 0 && config.conv_kernel_size > 0;
    if (conv) convolutionGrad(build);
    if (build.recompute && l < L - 1) build.addAgain(() => layer(build, l, true));
    layerGrad(build, l);
    if (conv) convolutionInputGrad(build);
  }
  embeddingsGrad(build);
  addPartials(build, build.norms, build.space('norm partials'));
}

/** Loss into the StepState and, where asked for, the gradients of the logits and of the head's bias. */
export function lossOf(build: Build, gradient: SpanLoss['gradient']) {
  return spanLoss({
    label: 'span loss',
    B: build.shape.B,
    N: build.shape.N,
    logits: build.space('logits'),
    targets: build.space('targets'),
    state: build.buffers.state,
    gradient,
  });
}

/** dW += dY^T X and db += column sums of dY, for y = x W^T + b. */
function weightGrad(build: Build, name: string, dy: Slice, x: Slice, out: number, into: number): void {
  linear(build, {
    label: 'weight gradient',
    M: out,
    N: into,
    K: build.T,
    a: { slice: dy, ld: out, transposed: true },
    b: { slice: x, ld: into },
    c: { slice: build.gradient(`${name}.weight`), ld: into },
    accumulate: true,
    epilogue: { kind: 'column-sums', sums: build.gradient(`${name}.bias`) },
  });
}

function normGrad(
  build: Build,
  name: string,
  rest: Pick<NormGrad, 'x' | 'dy' | 'dx'> & Partial<NormGrad>,
): void {
  const partialOffset = build.norms.length * partialLength(build.T, build.config.hidden_size);
  build.norms.push(partialSums(build, name, build.T, partialOffset));
  build.add(
    layerNormGrad({
      ...normOf(build, name),
      label: 'norm gradient',
      rows: build.T,
      partials: build.space('norm partials'),
      partialOffset,
      ...rest,
    }),
  );
}

function partialSums(build: Build, name: string, rows: number, partialOffset: number): PartialSums {
  return {
    partialOffset,
    blocks: Math.ceil(rows / PARTIAL_ROWS),
    weightOffset: placementOf(build.layout, `${name}.LayerNorm.weight`).offset,
    biasOffset: placementOf(build.layout, `${name}.LayerNorm.bias`).offset,
  };
}

/** All LayerNorm parameters lie in one slab: they are small and not decayed. */
function addPartials(build: Build, norms: readonly PartialSums[], partials: Slice): void {
  const { slab } = placementOf(build.layout, 'deberta.embeddings.LayerNorm.weight');
  const buffer = build.buffers.gradients[slab];
  for (let first = 0; first < norms.length; first += NORMS_PER_CALL) {
    build.add(
      addNormPartials({
        label: 'norm parameter gradients',
        width: build.config.hidden_size,
        norms: norms.slice(first, first + NORMS_PER_CALL),
        partials,
        gradients: { buffer, offset: 0, size: 4 * build.layout.slabs[slab].length },
      }),
    );
  }
}

/** From the gradient of layer l's output to that of its input, both in "d". */
function layerGrad(build: Build, l: number): void {
  const { config, T } = build;
  const { hidden_size: H, intermediate_size: I } = config;
  const name = `deberta.encoder.layer.${l}`;
  const space = (wanted: string) => build.space(wanted);
  const [d, dSum] = [space('d'), space('d sum')];
  const inner = build.layer('inner', l);
  // A dropped branch and the residual part ways: the norm's gradient goes on as it is and, through the mask, into the branch.
  const branch = (site: number) => {
    const drop = build.hiddenDrop(site);
    return drop.dropout > 0 ? { dropped: { y: space('d dropped'), drop } } : {};
  };
  const output = branch(dropoutSites.output(l));
  normGrad(build, `${name}.output`, { x: build.layer('fed', l), dy: d, dx: dSum, ...output });
  const dFed = output.dropped?.y ?? dSum;
  weightGrad(build, `${name}.output.dense`, dFed, inner, H, I);
  linear(build, {
    label: 'output gradient',
    M: T,
    N: I,
    K: H,
    a: { slice: dFed, ld: H },
    b: { slice: build.weight(`${name}.output.dense.weight`), ld: I },
    c: { slice: inner, ld: I },
    epilogue: { kind: 'factor', factor: build.layer('inner slope', l) },
  });
  weightGrad(build, `${name}.intermediate.dense`, inner, build.layer('middle', l), I, H);
  linear(build, {
    label: 'intermediate gradient',
    M: T,
    N: H,
    K: I,
    a: { slice: inner, ld: I },
    b: { slice: build.weight(`${name}.intermediate.dense.weight`), ld: H },
    c: { slice: dSum, ld: H },
    accumulate: true,
  });
  const attended = branch(dropoutSites.attentionOutput(l));
  normGrad(build, `${name}.attention.output`, {
    x: build.layer('attended', l),
    dy: dSum,
    dx: d,
    ...attended,
  });
  const dAttended = attended.dropped?.y ?? d;
  weightGrad(build, `${name}.attention.output.dense`, dAttended, build.layer('context', l), H, H);
  linear(build, {
    label: 'attention output gradient',
    M: T,
    N: H,
    K: H,
    a: { slice: dAttended, ld: H },
    b: { slice: build.weight(`${name}.attention.output.dense.weight`), ld: H },
    c: { slice: space('d context'), ld: H },
  });
  attentionGrad(build, l);
}

function attentionGrad(build: Build, l: number): void {
  const { config, shape, T, window, parts } = build;
  const { hidden_size: H, num_attention_heads: h } = config;
  const { B, N } = shape;
  const D = H / h;
  const R = window.count;
  const dQkv = build.space('d qkv');
  build.add(
    ...attentionBackward(
      {
        ...attentionOf(build, l),
        dContext: build.space('d context'),
        dQkv,
        dC2p: parts.c2p ? build.space('d c2p') : null,
        dP2c: parts.p2c ? build.space('d p2c') : null,
        weights: build.space('attention weights'),
        dScores: build.space('d scores'),
      },
      build.tiles,
    ),
  );
  const scoresGrad = (name: string, content: number, relative: number) => {
    const dScores = { slice: build.space(`d ${name}`), ld: R };
    linear(build, {
      label: `${name} content gradient`,
      M: N,
      N: D,
      K: R,
      batches: B,
      heads: h,
      a: { ...dScores, batch: h * N * R, head: N * R },
      b: { slice: build.layer('relative projected', l), ld: parts.width, offset: relative, head: D },
      c: { slice: dQkv, ld: 3 * H, offset: content, batch: N * 3 * H, head: D },
      accumulate: true,
    });
    linear(build, {
      label: `${name} relative gradient`,
      M: R,
      N: D,
      K: N,
      heads: h,
      sums: B,
      a: { ...dScores, head: N * R, sum: h * N * R, transposed: true },
      b: { slice: build.layer('qkv', l), ld: 3 * H, offset: content, head: D, sum: N * 3 * H },
      c: { slice: build.space('d relative projected'), ld: parts.width, offset: relative, head: D },
    });
  };
  if (parts.c2p) scoresGrad('c2p', 0, parts.key);
  if (parts.p2c) scoresGrad('p2c', H, parts.query);
  linear(build, {
    label: 'query, key, value weight gradient',
    M: 3 * H,
    N: H,
    K: T,
    a: { slice: dQkv, ld: 3 * H, transposed: true },
    b: { slice: build.saved(l), ld: H },
    c: { slice: build.group('gradient', l, 'weight', false), ld: H },
    accumulate: true,
    epilogue: { kind: 'column-sums', sums: build.group('gradient', l, 'bias', false) },
  });
  linear(build, {
    label: 'query, key, value gradient',
    M: T,
    N: H,
    K: 3 * H,
    a: { slice: dQkv, ld: 3 * H },
    b: { slice: build.group('weight', l, 'weight', false), ld: H },
    c: { slice: build.space('d'), ld: H },
    accumulate: true,
  });
  if (parts.width === 0) return;
  const projection = relativeProjection(build);
  const dProjected = { slice: build.space('d relative projected'), ld: parts.width };
  linear(build, {
    label: 'relative projection weight gradient',
    M: parts.width,
    N: H,
    K: R,
    a: { ...dProjected, transposed: true },
    b: { slice: relativeInput(build, l), ld: H, offset: window.start * H },
    c: projection.matrix('gradient', l),
    accumulate: true,
    epilogue: {
      kind: 'column-sums',
      sums: projection.bias('gradient', l),
      vectorOffset: projection.first,
    },
  });
  linear(build, {
    label: 'relative projection gradient',
    M: R,
    N: H,
    K: parts.width,
    a: dProjected,
    b: projection.matrix('weight', l),
    c: { slice: relativeSum(build), ld: H, offset: window.start * H },
    accumulate: true,
    epilogue: {
      kind: 'dropout',
      ...build.hiddenDrop(dropoutSites.relative(l)),
      dropOffset: window.start * H,
    },
  });
}

/** Where the layers' gradients of the relative embeddings gather: before their LayerNorm's gradient if they have one. */
function relativeSum(build: Build): Slice {
  return build.has('d relative')
    ? build.space('d relative')
    : build.gradient('deberta.encoder.rel_embeddings.weight');
}

/** The last part of the gradients, once per step: linear in "d relative", which all micro-batches have added to. */
export function relativeGrad(build: Build): void {
  if (!build.has('d relative')) return;
  const rows = 2 * relativeSpan(build.config);
  const partials = build.space('relative partials');
  build.add(
    layerNormGrad({
      ...normOf(build, 'deberta.encoder'),
      label: 'relative norm gradient',
      x: build.weight('deberta.encoder.rel_embeddings.weight'),
      dy: build.space('d relative'),
      dx: build.gradient('deberta.encoder.rel_embeddings.weight'),
      rows,
      partials,
      partialOffset: 0,
    }),
  );
  addPartials(build, [partialSums(build, 'deberta.encoder', rows, 0)], partials);
}

function embeddingsGrad(build: Build): void {
  const { config, T } = build;
  const { hidden_size: H, embedding_size: E } = config;
  const name = 'deberta.embeddings';
  const sum = embeddingSum(build);
  const drop = build.hiddenDrop(dropoutSites.embeddings);
  const [dSum, dEmbedded] = [build.space('d sum'), build.space('d embedded')];
  normGrad(build, name, {
    x: build.space(sum),
    dy: build.space('d'),
    dx: E === H ? dEmbedded : dSum,
    mask: build.space('mask'),
    drop,
  });
  if (E !== H) {
    linear(build, {
      label: 'embedding projection weight gradient',
      M: H,
      N: E,
      K: T,
      a: { slice: dSum, ld: H, transposed: true },
      b: { slice: build.space('embedded'), ld: E },
      c: { slice: build.gradient(`${name}.embed_proj.weight`), ld: E },
      accumulate: true,
    });
  }
  if (build.settings.freeze_embeddings) return;
  if (E !== H) {
    linear(build, {
      label: 'embedding projection gradient',
      M: T,
      N: E,
      K: H,
      a: { slice: dSum, ld: H },
      b: { slice: build.weight(`${name}.embed_proj.weight`), ld: E },
      c: { slice: dEmbedded, ld: E },
    });
  }
  const table = (wanted: string) => build.gradient(`${name}.${wanted}.weight`);
  const common = { T, width: E, dy: dEmbedded };
  build.add(
    embedGrad({
      label: 'word gradient',
      ...common,
      rows: config.vocab_size,
      sorted: build.space('sorted ids'),
      dTable: table('word_embeddings'),
    }),
  );
  if (config.type_vocab_size > 0) {
    build.add(
      embedGrad({
        label: 'token type gradient',
        ...common,
        rows: config.type_vocab_size,
        sorted: build.space('sorted types'),
        dTable: table('token_type_embeddings'),
      }),
    );
  }
  if (config.position_biased_input) {
    build.add(
      positionGrad({
        label: 'position gradient',
        ...build.shape,
        width: E,
        dy: dEmbedded,
        dTable: table('position_embeddings'),
      }),
    );
  }
}

/** From "d" (gradient of the convolution's output) to "d" (of layer 0's output) and "d convolved". */
function convolutionGrad(build: Build): void {
  const { config, T } = build;
  const { hidden_size: H, conv_kernel_size: K, conv_groups: G } = config;
  const width = (H / G) * K;
  if (build.recompute) build.addAgain(() => convolution(build));
  const [d, dSum, dConvolved] = [build.space('d'), build.space('d sum'), build.space('d convolved')];
  normGrad(build, 'deberta.encoder.conv', {
    x: build.space('conv sum'),
    dy: d,
    dx: dSum,
    mask: build.space('mask'),
  });
  build.add(
    convActivationGrad({
      label: 'conv activation gradient',
      rows: T,
      width: H,
      act: config.conv_act,
      x: build.space('convolved'),
      bias: build.weight('deberta.encoder.conv.conv.bias'),
      mask: build.space('mask'),
      dy: dSum,
      dx: dConvolved,
      dResidual: d,
      drop: build.hiddenDrop(dropoutSites.convolution(config)),
    }),
  );
  linear(build, {
    label: 'convolution weight gradient',
    M: H / G,
    N: width,
    K: T,
    heads: G,
    a: { slice: dConvolved, ld: H, head: H / G, transposed: true },
    b: { slice: build.space('conv columns'), ld: H * K, head: width },
    c: { slice: build.gradient('deberta.encoder.conv.conv.weight'), ld: width, head: (H / G) * width },
    accumulate: true,
    epilogue: {
      kind: 'column-sums',
      sums: build.gradient('deberta.encoder.conv.conv.bias'),
      vectorHead: H / G,
    },
  });
}

/** Adds the convolution's share to the gradient of the embedding output; after layer 0, whose share is in "d". */
function convolutionInputGrad(build: Build): void {
  const { config, shape, T } = build;
  const { hidden_size: H, conv_kernel_size: K, conv_groups: G } = config;
  const width = (H / G) * K;
  linear(build, {
    label: 'convolution gradient',
    M: T,
    N: width,
    K: H / G,
    heads: G,
    a: { slice: build.space('d convolved'), ld: H, head: H / G },
    b: { slice: build.weight('deberta.encoder.conv.conv.weight'), ld: width, head: (H / G) * width },
    c: { slice: build.space('conv columns'), ld: H * K, head: width },
  });
  build.add(
    convColumnsGrad({
      label: 'conv columns gradient',
      ...shape,
      width: H,
      kernel: K,
      x: build.space('conv columns'),
      y: build.space('d'),
    }),
  );
}
