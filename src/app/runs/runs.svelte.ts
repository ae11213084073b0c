import { ManabiError } from '../../errors/manabi-error.ts';
import { sweepLeftovers } from '../../storage/checkpoints.ts';
import { deleteDownload, listDownloads } from '../../storage/downloads.ts';
import { deleteHubModel, listHubModels } from '../../storage/hub-model.ts';
import { askToPersist, storageStatus, type StorageStatus } from '../../storage/quota.ts';
import { deleteRun, hasBegun, listRuns, type Run } from '../../storage/runs.ts';
import { work } from '../state/work.svelte.ts';

/** A model or a file from the network that is kept. */
interface StoredFile {
  name: string;
  bytes: number;
  remove: () => Promise<void>;
}

/** The runs and downloads kept on this computer. */
class Runs {
  list = $state.raw<Run[]>([]);
  stored = $state.raw<StoredFile[]>([]);
  storage = $state.raw<StorageStatus | null>(null);

  /** The run that was worked on last, where it has not come to its end. */
  get unfinished(): Run | null {
    const last = this.list.at(0);
    return last?.status === 'stopped' && hasBegun(last) ? last : null;
  }

  /** With a run's name in place of the id that the store knows it by. */
  named(error: Error): Error {
    if (!(error instanceof ManabiError)) return error;
    const run = this.list.find(({ id }) => id === error.place);
    return run ? new ManabiError(error.code, run.name, error.details) : error;
  }

  /** At the start of the page. */
  async open(): Promise<void> {
    await work.told('runs', async () => {
      await sweepLeftovers();
      await this.refresh();
    });
  }

  async refresh(): Promise<void> {
    this.list = await listRuns();
    this.stored = await storedFiles();
    this.storage = await storageStatus();
  }

  async delete(run: Run): Promise<void> {
    await work.told('runs', async () => {
      await deleteRun(run.id);
      await this.refresh();
    });
  }

  async deleteStored(file: StoredFile): Promise<void> {
    await work.told('runs', async () => {
      await file.remove();
      await this.refresh();
    });
  }

  async persist(): Promise<void> {
    await work.told('runs', async () => {
      await askToPersist();
      await this.refresh();
    });
  }
}

/** Models of the hub as one each; their files do not stand for themselves. */
async function storedFiles(): Promise<StoredFile[]> {
  const models = await listHubModels();
  const inModels = new Set(models.flatMap(({ files }) => files.map(({ url }) => url)));
  const others = (await listDownloads()).filter(({ url }) => !inModels.has(url));
  return [
    ...models.map(({ id, url, bytes }) => ({ name: id, bytes, remove: () => deleteHubModel(url) })),
    ...others.map(({ url, loaded }) => ({ name: url, bytes: loaded, remove: () => deleteDownload(url) })),
  ];
}

export const runs = new Runs();
