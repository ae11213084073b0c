// KernelEngine on the processor as the bench drives it, in Node or in a page's worker.
import { CpuDevice } from '../src/devices/cpu/device.ts';
import type { Batch } from '../src/features/feature.ts';
import { parseConfig } from '../src/model/config.ts';
import { KernelEngine } from '../src/engine/engine.ts';
import { planMemory } from '../src/engine/memory.ts';
import { finish, median, optimizerStep } from './measure.ts';
import type { Work } from './pytorch.ts';
import { randomBatch, randomWeights } from './random.ts';

export interface ProcessorFacts {
  relaxed_simd: boolean;
  buffers_after_second_step: number;
  bytes_after_second_step: number;
  /** All that the WebAssembly memory has grown to. */
  peak_bytes: number;
  planned_bytes: number;
}

export class ProcessorSteps {
  private number = 0;
  private made = { buffers: 0, bytes: 0 };

  private constructor(
    private readonly device: CpuDevice,
    private readonly engine: KernelEngine,
    private readonly batch: Batch,
  ) {}

  /** Does the first two steps, too. Throws where there are fewer threads to be had. */
  static async open(
    size: string,
    configJson: unknown,
    [B, N]: readonly [number, number],
    threads: number,
  ): Promise<ProcessorSteps> {
    const config = parseConfig(configJson, size);
    const device = await CpuDevice.open({ threads });
    if (device.threads !== threads) throw new Error(`${device.threads} threads in place of ${threads}`);
    const engine = await KernelEngine.create(device, config, randomWeights(config));
    const steps = new ProcessorSteps(device, engine, randomBatch(config, B, N));
    await steps.time('step', 2);
    steps.made = { buffers: device.counters.buffersCreated, bytes: device.grownBytes };
    return steps;
  }

  /** Milliseconds of one of `count`, back to back. Throws when a loss is not finite. */
  async time(work: Work, count: number): Promise<number> {
    const start = performance.now();
    for (let i = 0; i < count; i++) await this.once(work);
    if (work === 'step') await finish(this.engine);
    return (performance.now() - start) / count;
  }

  /** Milliseconds of a training step that are spent outside the kernels: the median of `count`. */
  async timeJavaScript(count: number): Promise<number> {
    const { device } = this;
    const { runtime } = device;
    let inside = 0;
    const timed =
      <Values extends unknown[], Result>(call: (...values: Values) => Result) =>
      (...values: Values): Result => {
        const start = performance.now();
        const result = call(...values);
        inside += performance.now() - start;
        return result;
      };
    device.runtime = {
      begin: timed(runtime.begin),
      work: timed(runtime.work),
      ended: timed(runtime.ended),
    };
    try {
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        inside = 0;
        const start = performance.now();
        await this.once('step');
        times.push(performance.now() - start - inside);
      }
      return median(times);
    } finally {
      device.runtime = runtime;
    }
  }

  /** Ask before the first forward pass: that has buffers of its own. */
  facts(): ProcessorFacts {
    const { device, engine, batch, made } = this;
    const { B, N } = batch;
    return {
      relaxed_simd: device.build.relaxed,
      buffers_after_second_step: device.counters.buffersCreated - made.buffers,
      bytes_after_second_step: device.grownBytes - made.bytes,
      peak_bytes: device.grownBytes,
      planned_bytes: planMemory(engine.config, [{ B, N, mode: 'train' }], engine.deviceMemory).total,
    };
  }

  dispose(): void {
    this.engine.dispose();
    this.device.dispose();
  }

  private async once(work: Work): Promise<void> {
    if (work === 'step') await this.engine.trainStep([this.batch], optimizerStep(++this.number));
    else await this.engine.forward(this.batch);
  }
}
