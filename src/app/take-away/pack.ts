// What people take away: the current model, and the checkpoint of its run.
import { requireWhole } from '../../export/whole-blob.ts';
import { unwrap } from '../../workers/protocol.ts';
import { held } from '../state/held.svelte.ts';
import { guarded, holdCurrent } from '../state/jobs.ts';
import { work } from '../state/work.svelte.ts';
import { trainer } from '../state/workers.ts';
import { cardFacts } from './card-facts.ts';

/** The current model as a zip, or null after an error. */
export async function downloadModel(): Promise<Blob | null> {
  return packed(async () => {
    await holdCurrent();
    work.begin('packing');
    return unwrap(await trainer.download(cardFacts('manabi-model')));
  });
}

/** The last checkpoint with the script that goes on in Python, or null after an error. */
export async function downloadCheckpoint(runId: string): Promise<Blob | null> {
  return packed(async () => {
    await held.prepareRun(runId);
    work.begin('packing');
    return unwrap(await trainer.downloadCheckpoint(runId));
  });
}

async function packed(make: () => Promise<Blob>): Promise<Blob | null> {
  let zip: Blob | null = null;
  await guarded('download', async () => {
    const made = await make();
    await requireWhole(made, 'zip');
    zip = made;
  });
  return zip;
}
