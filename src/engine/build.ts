import type { Drop } from '../kernels/dropout/dropout-kernel.ts';
import type { DeviceBuffer, KernelCall, Slice } from '../kernels/kernel.ts';
import type { PartialSums } from '../kernels/layer-norm/layer-norm-grad.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import type { EngineSettings } from '../model/engine.ts';
import { sliceOf, type Layout } from './layout.ts';
import {
  isHalf,
  relativeParts,
  relativeWindow,
  spaceOf,
  type Mode,
  type RelativeWindow,
  type Shape,
} from './space.ts';

/** Where the dispatches of a plan find their buffers. The planner gives buffers that do not exist. */
export interface Buffers {
  weights: readonly DeviceBuffer[];
  gradients: readonly DeviceBuffer[];
  /** StepState, 256 bytes. */
  state: Slice;
  space(name: string, length: number): Slice;
}

/** Everything that forward and backward need to write their dispatches, and the list they write to. */
export class Build {
  readonly calls: KernelCall[] = [];
  /** LayerNorms whose partial sums wait to be added to their gradients. */
  readonly norms: PartialSums[] = [];
  readonly window: RelativeWindow;
  readonly parts: ReturnType<typeof relativeParts>;
  /** Tokens of the batch: B * N. */
  readonly T: number;
  private readonly sizes: Map<string, number>;

  constructor(
    readonly config: DebertaConfig,
    readonly shape: Shape,
    readonly mode: Mode,
    readonly layout: Layout,
    readonly buffers: Buffers,
    readonly tiles: TileChoice,
    readonly settings: EngineSettings,
    /** Whether the backward pass computes each layer once more, in place of keeping what it needs. */
    readonly recompute: boolean,
  ) {
    this.parts = relativeParts(config);
    this.window = relativeWindow(shape.N, config);
    this.T = shape.B * shape.N;
    this.sizes = spaceOf(config, shape, mode, settings, recompute);
  }

  add(...calls: KernelCall[]): void {
    this.calls.push(...calls);
  }

  /** Adds calls that compute again what was there before: none of their FLOPs is necessary. */
  addAgain(write: () => void): void {
    const first = this.calls.length;
    write();
    for (let i = first; i < this.calls.length; i++) {
      const { flops } = this.calls[i];
      if (flops) this.calls[i] = { ...this.calls[i], flops: { ...flops, necessary: 0 } };
    }
  }

  /** A buffer of the list in space.ts, as long as this shape needs it. */
  space(name: string): Slice {
    const length = this.sizes.get(name);
    if (length === undefined) throw new RangeError(`no buffer ${name}`);
    return { ...this.buffers.space(name, length), half: isHalf(name, this.settings) };
  }

  /** What layer l computes: a buffer of its own where the backward pass finds it there, else one that all layers share. */
  layer(name: string, l: number): Slice {
    return this.space(this.has(`${name} ${l}`) ? `${name} ${l}` : name);
  }

  has(name: string): boolean {
    return this.sizes.has(name);
  }

  /** Layer l's input; evaluation needs no more than the last two. */
  saved(l: number): Slice {
    return this.space(`saved ${this.mode === 'evaluate' ? l % 2 : l}`);
  }

  weight(name: string, members = 1): Slice {
    return sliceOf(this.layout, this.buffers.weights, name, members);
  }

  gradient(name: string, members = 1): Slice {
    return sliceOf(this.layout, this.buffers.gradients, name, members);
  }

  /** Query, key and value of a layer as one binding, or with `pos_` the projections of the relative embeddings. */
  group(from: 'weight' | 'gradient', layer: number, kind: 'weight' | 'bias', relative: boolean): Slice {
    const self = `deberta.encoder.layer.${layer}.attention.self`;
    const members = relative
      ? ['pos_query_proj', 'pos_key_proj'].filter((name) =>
          this.layout.parameters.has(`${self}.${name}.${kind}`),
        )
      : ['query_proj', 'key_proj', 'value_proj'];
    const name = `${self}.${members[0]}.${kind}`;
    return from === 'weight' ? this.weight(name, members.length) : this.gradient(name, members.length);
  }

  drop(site: number, probability: number): Drop {
    return { state: this.buffers.state, site, dropout: this.mode === 'train' ? probability : 0 };
  }

  hiddenDrop(site: number): Drop {
    return this.drop(site, this.config.hidden_dropout_prob);
  }
}
