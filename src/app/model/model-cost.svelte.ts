import { readHubAddress, readHubFacts, type HubModelFacts } from '../../checkpoint/hub-files.ts';
import { parseConfig } from '../../model/config.ts';
import { unwrap } from '../../workers/protocol.ts';
import { chosen } from '../state/chosen.svelte.ts';
import { device } from '../state/device.svelte.ts';
import { held } from '../state/held.svelte.ts';
import { trainer } from '../state/workers.ts';
import { expectedSeconds } from '../training/expected-time.ts';

/** What a model would take here; null where it cannot be known. */
export interface ModelCost {
  bytes: number | null;
  memory: number;
  seconds: number | null;
}

/** What the hub has told of its models in this visit, by their addresses. */
const told = new Map<string, Promise<HubModelFacts>>();

/** What a run of a model of a hub would take with the settings as they are. Throws what readHubFacts and parseConfig throw. */
export async function costOf(base: string, id: string): Promise<ModelCost> {
  const address = readHubAddress(base, id);
  const facts = told.get(address.url) ?? readHubFacts(address);
  told.set(address.url, facts);
  const { config: json, bytes } = await facts.catch((error: unknown) => {
    told.delete(address.url);
    throw error;
  });
  const config = parseConfig(json, `${id}/config.json`);
  const { args } = chosen;
  const whole = { train: args.max_seq_length, evaluation: args.max_seq_length };
  await device.require();
  const { total: memory } = unwrap(
    await trainer.plan(json, $state.snapshot(args), held.measured?.longest ?? whole),
  );
  const questions = { train: chosen.questions('train'), evaluation: chosen.questions('evaluation') };
  const { rates } = device;
  const seconds = rates && expectedSeconds(config, { args, questions, rows: held.measured }, rates);
  return { bytes, memory, seconds };
}
