import { CpuDevice } from '../devices/cpu/device.ts';
import type { Gpu } from '../devices/gpu/device.ts';
import {
  agrees,
  CHECK_BOUND,
  checkedConfig,
  compareDevices,
  compareEngines,
  type DeviceDifferences,
  type MakeEngine,
} from '../engine/check-device.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import { storedChecks, type DeviceCheck } from '../storage/device-checks.ts';

/** The name of this file's bundle carries the hash of what is in it. */
export const build = import.meta.url;

/** Where a browser tells nothing of an adapter, all of its adapters are one. */
export function adapterOf({ info }: Gpu): string {
  const { vendor, architecture, device, description } = info;
  return [vendor, architecture, device, description].join(' | ');
}

/** What decides which kernels it can run. */
export function factsOf({ device: { limits, features } }: Gpu): Record<string, string | number> {
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = limits;
  const { maxComputeInvocationsPerWorkgroup } = limits;
  return {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup,
    features: [...features].join(', '),
  };
}

/** Whose numbers: our kernels with these tiles, or those of TensorFlow.js. */
export type Checked = { tiles: TileChoice } | 'tfjs';

/**
 * Holds a GPU to the processor with the kernels that a model of this config needs: once per adapter, browser, build of the page, model shape and tiles,
 * then from the store.
 */
export async function checkGpu(gpu: Gpu, config: DebertaConfig, what: Checked): Promise<DeviceCheck> {
  const key = keyOf(gpu, config, what);
  const known = await storedChecks.get(key);
  if (known) return known;
  const processor = await CpuDevice.open();
  const start = performance.now();
  try {
    const differences = await differencesOf(gpu, processor, config, what);
    gpu.check();
    const found = reportOn(gpu, config, what, differences, performance.now() - start);
    await storedChecks.set(key, found);
    return found;
  } finally {
    processor.dispose();
  }
}

/** A GPU that passed the check has failed a run. */
export async function distrustGpu(
  gpu: Gpu,
  config: DebertaConfig,
  what: Checked,
  reason: string,
): Promise<DeviceCheck> {
  const known = await checkGpu(gpu, config, what);
  const text = `${known.text.replace('agrees: yes', 'agrees: no')}\nfailed later: ${reason}`;
  const failed = { ...known, agrees: false, text };
  await storedChecks.set(keyOf(gpu, config, what), failed);
  return failed;
}

function keyOf(gpu: Gpu, config: DebertaConfig, what: Checked): string {
  return JSON.stringify([adapterOf(gpu), navigator.userAgent, build, checkedConfig(config), what]);
}

async function differencesOf(
  gpu: Gpu,
  processor: CpuDevice,
  config: DebertaConfig,
  what: Checked,
): Promise<DeviceDifferences> {
  if (what !== 'tfjs') return compareDevices(gpu, processor, config, what.tiles);
  const { openTfjs, composedEngine } = await import('../engine/composed-on-gpu.ts');
  await openTfjs(gpu);
  const make: MakeEngine = async (small, weights) => composedEngine(gpu, small, weights);
  return compareEngines([make], processor, config);
}

function reportOn(
  gpu: Gpu,
  config: DebertaConfig,
  what: Checked,
  differences: DeviceDifferences,
  milliseconds: number,
): DeviceCheck {
  const right = agrees(differences);
  return {
    agrees: right,
    differences,
    milliseconds,
    text: textOf({
      kernels: what === 'tfjs' ? 'TensorFlow.js' : `Manabi, ${JSON.stringify(what.tiles)}`,
      agrees: right ? 'yes' : 'no',
      adapter: adapterOf(gpu),
      browser: navigator.userAgent,
      build,
      checked: new Date().toISOString(),
      milliseconds: Math.round(milliseconds),
      bound: CHECK_BOUND,
      ...differences,
      model: JSON.stringify(checkedConfig(config)),
      ...factsOf(gpu),
      pieces: JSON.stringify(gpu.pieces.counts),
    }),
  };
}

/** One line per fact, to be copied into a report. */
export function textOf(facts: Record<string, string | number>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
