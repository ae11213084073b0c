import { ManabiError, type ErrorCode } from '../../errors/manabi-error.ts';
import { unwrap, type Backend, type Device } from '../../workers/protocol.ts';
import { work } from './work.svelte.ts';
import { trainer } from './workers.ts';

const KEEP_GPU = 'manabi-keep-software-gpu';

const NO_GPU: ErrorCode[] = ['gpu-unavailable', 'gpu-no-adapter', 'gpu-insecure'];

/** What the page computes on. */
class DeviceState {
  current = $state<Device | null>(null);
  /** The software GPU that was left for the faster CPU. */
  leftGpu = $state<string | null>(null);
  /** Why there is none here: the CPU takes its place. */
  noGpu = $state<ErrorCode | null>(null);
  private opening: Promise<void> | null = null;

  /** WebGPU; where there is none or only a processor that plays GPU, the processor itself, unless asked otherwise before. */
  async openBest(): Promise<void> {
    await work.told('device', () => this.require());
  }

  async open(backend: Backend): Promise<void> {
    await work.guarded('device', async () => {
      if (backend === 'webgpu') localStorage.setItem(KEEP_GPU, 'yes');
      else localStorage.removeItem(KEEP_GPU);
      await this.take(backend);
    });
  }

  async require(): Promise<void> {
    if (this.current) return;
    // Work may be asked for while the page still looks for a GPU: it waits for that one.
    this.opening ??= this.find().finally(() => (this.opening = null));
    await this.opening;
  }

  private async find(): Promise<void> {
    const reply = await trainer.open('webgpu');
    if (!reply.ok && 'code' in reply && NO_GPU.includes(reply.code)) {
      this.noGpu = reply.code;
      await this.take('cpu');
      return;
    }
    const found = unwrap(reply);
    if (!found.isSoftware || localStorage.getItem(KEEP_GPU)) {
      this.current = found;
      return;
    }
    this.leftGpu = found.name;
    await this.take('cpu');
  }

  /** A new device for one that is lost or has failed. */
  async reopen(): Promise<void> {
    const backend = this.current?.backend ?? 'webgpu';
    this.current = null;
    await this.take(backend);
  }

  /** Whether the error broke the device; there is a new one then, or the page asks for one at the next work. */
  async recover(error: unknown): Promise<boolean> {
    const broken = error instanceof ManabiError && ['gpu-lost', 'gpu-error'].includes(error.code);
    if (broken) await this.reopen().catch(() => {});
    return broken;
  }

  private async take(backend: Backend): Promise<void> {
    this.current = unwrap(await trainer.open(backend));
  }
}

export const device = new DeviceState();
