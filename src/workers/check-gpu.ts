import { CpuDevice } from '../devices/cpu/device.ts';
import type { Gpu } from '../devices/gpu/device.ts';
import { agrees, CHECK_BOUND, checkedConfig, compareDevices } from '../engine/check-device.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import { storedChecks } from '../storage/device-checks.ts';
import type { DeviceReport } from './protocol.ts';

/**
 * Holds a GPU to the processor with the kernels that a model of this config needs: once per adapter, browser, build of the page, model shape and tiles,
 * then from the store.
 */
export async function checkGpu(gpu: Gpu, config: DebertaConfig, tiles: TileChoice): Promise<DeviceReport> {
  const { vendor, architecture, device, description } = gpu.info;
  const adapter = [vendor, architecture, device, description].join(' | ');
  // The name of this file's bundle carries the hash of what is in it.
  const build = import.meta.url;
  const checked = checkedConfig(config);
  const key = JSON.stringify([adapter, navigator.userAgent, build, checked, tiles]);
  const known = await storedChecks.get(key);
  if (known) return known;
  const start = performance.now();
  const processor = await CpuDevice.open();
  try {
    const differences = await compareDevices(gpu, processor, config, tiles);
    const milliseconds = performance.now() - start;
    const report: DeviceReport = {
      agrees: agrees(differences),
      differences,
      milliseconds,
      text: textOf({
        adapter,
        browser: navigator.userAgent,
        build,
        checked: new Date().toISOString(),
        milliseconds: Math.round(milliseconds),
        bound: CHECK_BOUND,
        ...differences,
        tiles: JSON.stringify(tiles),
        model: JSON.stringify(checked),
        limits: JSON.stringify({ ...gpu.memory, ...gpu.pieces.counts }),
      }),
    };
    await storedChecks.set(key, report);
    return report;
  } finally {
    processor.dispose();
  }
}

/** Throws gpu-wrong where the GPU computes other numbers than the processor. */
export async function requireRightGpu(gpu: Gpu, config: DebertaConfig, tiles: TileChoice): Promise<void> {
  requireAgreement(await checkGpu(gpu, config, tiles), gpu.name);
}

/** Throws gpu-wrong. */
export function requireAgreement(report: Pick<DeviceReport, 'agrees' | 'differences'>, name: string): void {
  if (report.agrees) return;
  const difference = Math.max(...Object.values(report.differences)).toPrecision(2);
  throw new ManabiError('gpu-wrong', name, { difference, bound: CHECK_BOUND });
}

/** One line per fact, to be copied into a report. */
function textOf(facts: Record<string, string | number>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
