import '../errors/in-english.ts';
import type { Engine, NamedTensors } from '../model/engine.ts';
import type { DebertaConfig } from '../model/config.ts';
import { parseSquad } from '../squad/read-file.ts';
import { goldenFolder, type GoldenFolder } from './golden-folder.ts';
import { Report } from './report.ts';
import { runParity, type ParityCounts, type PartName } from './run.ts';
import { sourcesOf } from './sources.ts';

/** A folder whose files lie under a URL. */
export interface ServedFolder {
  /** Ends with a slash. */
  url: string;
  paths: string[];
}

/** What the command line was given, as a worker reaches it. */
export interface ServedGoldens {
  folder: ServedFolder;
  tokenizers: ServedFolder | null;
  models: ServedFolder | null;
  rest: ServedFolder | null;
  jsquad: string | null;
  only: PartName[];
}

/** runParity over HTTP. Lines go to `print` one after the other; it returns when the last has arrived. */
export async function checkServed(
  { folder, tokenizers, models, rest, jsquad, only }: ServedGoldens,
  createEngine: (config: DebertaConfig, weights: NamedTensors) => Promise<Engine>,
  print: (line: string) => void | Promise<void>,
): Promise<ParityCounts> {
  let printed = Promise.resolve();
  const report = new Report((line) => {
    printed = printed.then(() => print(line));
  });
  const sources = sourcesOf(open(folder), {
    tokenizers: tokenizers && open(tokenizers),
    models: models && open(models),
    rest: rest && open(rest),
    jsquad: jsquad === null ? null : parseSquad(await (await fetched(jsquad)).text(), jsquad).examples,
    createEngine,
  });
  try {
    return await runParity(sources, only, report);
  } finally {
    await printed;
  }
}

function open({ url, paths }: ServedFolder): GoldenFolder {
  return goldenFolder(
    paths,
    async (path) => new Uint8Array(await (await fetched(url + encodeURI(path))).arrayBuffer()),
  );
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}
