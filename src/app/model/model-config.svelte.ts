import { parseConfig, type DebertaConfig } from '../../model/config.ts';
import { chosen } from '../state/chosen.svelte.ts';
import { fetchOwn } from './built-in-model.ts';

/** config.json of the chosen model and of the built-in one: what a run will take is told before anything is loaded. */
class ModelConfig {
  private own = $state.raw<{ files: unknown; json: unknown } | null>(null);
  private builtInJson = $state.raw<unknown>(null);
  readonly builtIn = $derived(parsed(this.builtInJson));
  /** Null until it is read. */
  readonly json = $derived(chosen.isBuiltInModel ? this.builtInJson : (this.own?.json ?? null));
  /** Null where it is none: the loading of the model says why. */
  readonly current = $derived(parsed(this.json));

  /** Reads what was chosen; called again whenever that changes. */
  async read(): Promise<void> {
    this.builtInJson ??= await jsonOf(await fetchOwn('./model/config.json'));
    const files = chosen.model?.files;
    if (chosen.isBuiltInModel || !files?.['config.json'] || this.own?.files === files) return;
    this.own = { files, json: await jsonOf(files['config.json']) };
  }
}

async function jsonOf(file: Blob): Promise<unknown> {
  try {
    return JSON.parse(await file.text());
  } catch {
    return null;
  }
}

function parsed(json: unknown): DebertaConfig | null {
  try {
    return json === null ? null : parseConfig(json, 'config.json');
  } catch {
    return null;
  }
}

export const modelConfig = new ModelConfig();
