import { typicalShape } from '../../engine/choose-device.ts';
import { secondsOf, workOf, type DeviceRates } from '../../engine/work.ts';
import type { DebertaConfig } from '../../model/config.ts';
import type { Backend, Computer } from '../../workers/protocol.ts';

export const backends = ['webgpu', 'tfjs', 'cpu'] as const satisfies Backend[];

/** 0.83, 4.6, 57, 1200: as many digits as a measurement has. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** What the figures of a machine are made of. */
export interface MachineFigures {
  products: string;
  attention: string;
  copies: string;
  /** Rows per second in training, estimated. */
  examples: (config: DebertaConfig) => string;
}

export function figuresOf(rates: DeviceRates): MachineFigures {
  return {
    products: `${rounded(rates.products / 1e9)} GFLOPS`,
    attention: `${rounded(rates.attention / 1e9)} GFLOPS`,
    copies: `${rounded(rates.copies / 1e9)} GB/s`,
    examples: (config) => rounded(typicalShape.B / secondsOf(workOf(config, typicalShape, 'train'), rates)),
  };
}

/** What is known of this computer, one line per fact, to be copied. */
export function computerText(
  { device, gpuName, gpuFacts, noGpu, rates, left }: Computer,
  models: Record<string, DebertaConfig>,
  facts: Record<string, string | number | boolean>,
): string {
  const lines: [string, string | number | boolean][] = [
    ['computes', device ? `${device.backend} (${device.name}, ${device.threads} threads)` : 'none'],
    ['gpu', gpuName ?? noGpu ?? 'none'],
    ...Object.entries(gpuFacts ?? {}),
    ...Object.entries(facts),
  ];
  for (const backend of backends) {
    const measured = rates[backend];
    if (!measured) continue;
    const { products, attention, copies, examples } = figuresOf(measured);
    lines.push([`${backend} measured`, `products ${products}, attention ${attention}, memory ${copies}`]);
    for (const [name, config] of Object.entries(models)) {
      lines.push([`${backend} estimated, ${name}, 8 x 128`, `${examples(config)} examples/s`]);
    }
  }
  if (left) lines.push(['left', `for ${left.to}\n${left.report}`]);
  return lines.map(([name, value]) => `${name}: ${value}`).join('\n');
}
