import { sweepLeftovers } from '../storage/checkpoints.ts';
import { askToPersist, storageStatus, type StorageStatus } from '../storage/quota.ts';
import { deleteRun, listRuns, type Run } from '../storage/runs.ts';
import { session } from './session.svelte.ts';

/** The runs kept on this computer. */
class Runs {
  list = $state.raw<Run[]>([]);
  storage = $state.raw<StorageStatus | null>(null);

  /** At the start of the page. */
  async open(): Promise<void> {
    await this.shown(async () => {
      await sweepLeftovers();
      await this.refresh();
    });
  }

  async refresh(): Promise<void> {
    this.list = await listRuns();
    this.storage = await storageStatus();
  }

  async delete(run: Run): Promise<void> {
    await this.shown(async () => {
      await deleteRun(run.id);
      await this.refresh();
    });
  }

  async persist(): Promise<void> {
    await this.shown(async () => {
      await askToPersist();
      await this.refresh();
    });
  }

  private async shown(work: () => Promise<void>): Promise<void> {
    delete session.errors.runs;
    try {
      await work();
    } catch (error) {
      session.errors.runs = error instanceof Error ? error : new Error(String(error));
    }
  }
}

export const runs = new Runs();
