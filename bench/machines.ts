// What this computer does in a second, as the page's section "This computer" tells it.
import { figuresOf } from '../src/app/computer/figures.ts';
import { CpuDevice } from '../src/devices/cpu/device.ts';
import type { Gpu } from '../src/devices/gpu/device.ts';
import { compareSpeed } from '../src/engine/choose-device.ts';
import type { TileChoice } from '../src/kernels/linear/tile.ts';
import { print } from './report.ts';
import { configOf } from './sizes.ts';

/** At the built-in model's widths and at a base model's; examples per second are estimated from the rates beside them. */
export async function printMachines(gpu: Gpu, tiles: TileChoice): Promise<void> {
  const rows: Record<string, string>[] = [];
  for (const size of ['tiny', 'base'] as const) {
    const config = configOf(size);
    const cpu = await CpuDevice.open();
    const start = performance.now();
    const trial = await compareSpeed(gpu, cpu, config, { tune: async () => tiles });
    const ms = performance.now() - start;
    const name = `CPU, ${cpu.threads} threads`;
    cpu.dispose();
    for (const [machine, rates] of [
      [gpu.name, trial.gpu],
      [name, trial.cpu],
    ] as const) {
      if (!rates) continue;
      const { examples, ...measured } = figuresOf(rates);
      rows.push({
        widths: size,
        machine,
        ...measured,
        'examples/s (estimated)': examples(config),
        'trial ms': ms.toFixed(0),
      });
    }
  }
  console.log('\nwhat this computer does in a second\n');
  print(rows);
}
