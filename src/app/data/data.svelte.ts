import { unwrap, type DataFile, type Role } from '../../workers/protocol.ts';
import { sampleFile, sampleOrigin } from './sample-file.ts';
import { requireDataFile } from '../shell/recognise-files.ts';
import { work } from '../state/work.svelte.ts';
import { tokenizer } from '../state/workers.ts';

const samples = { train: 'train.json', evaluation: 'valid.json' } as const;
const roles = ['train', 'evaluation'] as const;

export interface ChosenData extends DataFile {
  isSample: boolean;
}

/** The chosen data files; their examples are in the tokenizer's worker. */
class Data {
  files = $state.raw<Record<Role, ChosenData | null>>({ train: null, evaluation: null });
  private reading = Promise.resolve();

  get isOwn(): boolean {
    return roles.some((role) => this.files[role] && !this.files[role].isSample);
  }

  /** The second of two files that are given one after the other waits for the first. */
  choose(files: File[], role: Role): Promise<void> {
    this.reading = this.reading.then(() => this.read(files, role));
    return this.reading;
  }

  private async read(files: File[], role: Role): Promise<void> {
    await work.guarded('data', async () => {
      await requireDataFile(files);
      work.begin('reading');
      this.take(role, unwrap(await tokenizer.readSquad(role, files[0])));
    });
  }

  async fetch(urls: Record<Role, string>): Promise<void> {
    await work.guarded('data', async () => {
      for (const role of roles) {
        work.begin('fetching');
        this.take(role, unwrap(await tokenizer.fetchSquad(role, urls[role], work.reporter())));
      }
    });
  }

  /** Puts answer_start where the answer certainly stands, in the rows that were left out for it. */
  async mend(role: Role): Promise<void> {
    await work.told('data', async () => this.take(role, unwrap(await tokenizer.mend(role))));
  }

  /** Back to the sample. */
  clear(role: Role): void {
    delete work.errors.data;
    this.files = { ...this.files, [role]: null };
  }

  /** Reads the sample where nothing was chosen. */
  async fill(): Promise<void> {
    for (const role of roles) {
      if (this.files[role]) continue;
      const file = await sampleFile(samples[role]);
      this.take(role, unwrap(await tokenizer.readSquad(role, file, sampleOrigin)), true);
    }
  }

  private take(role: Role, file: DataFile, isSample = false): void {
    this.files = { ...this.files, [role]: { ...file, isSample } };
  }
}

export const data = new Data();
