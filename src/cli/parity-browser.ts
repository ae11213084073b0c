import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { chromiumArgs, chromiumPath } from '../../e2e/browser.mjs';
import { ManabiError } from '../errors/manabi-error.ts';
import { isolationHeaders } from '../isolation-headers.ts';
import type { ParityCounts } from '../parity/run.ts';
import type { ServedFolder, ServedGoldens } from '../parity/served.ts';
import { unwrap, type Reply } from '../workers/protocol.ts';
import { filesBelow } from './disk-folder.ts';
import type { ParityCommand } from './parity-arguments.ts';

/** The same checks in Chromium, in the worker that trains. Throws ManabiError parity-no-chromium, and what runParity throws. */
export async function checkInChromium(command: ParityCommand): Promise<ParityCounts> {
  const { served, files } = await serve(command);
  const browser = await launch();
  let server: ViteDevServer | null = null;
  try {
    server = await startServer(files);
    const [origin] = server.resolvedUrls?.local ?? [];
    const page = await browser.newPage();
    await page.exposeFunction('printLine', (line: string) => console.log(line));
    const blank = `${origin}parity/blank`;
    await page.route(blank, (route) =>
      route.fulfill({ contentType: 'text/html', headers: isolationHeaders, body: '' }),
    );
    await page.goto(blank);
    // Text, so that no tool rewrites the import.
    const module = `import('/src/cli/parity-page.ts')`;
    const values = JSON.stringify([command.backend, served]);
    return unwrap(
      await page.evaluate<Reply<ParityCounts>>(
        `${module}.then(({ checkInWorker }) => checkInWorker(...${values}))`,
      ),
    );
  } finally {
    await browser.close();
    await server?.close();
  }
}

async function launch(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new ManabiError('parity-no-chromium', '', { reason: 'none found' });
  try {
    return await chromium.launch({ executablePath, args: chromiumArgs });
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new ManabiError('parity-no-chromium', executablePath, { reason });
  }
}

/** What the worker is told, and the file behind each URL. */
async function serve(command: ParityCommand): Promise<{ served: ServedGoldens; files: Map<string, string> }> {
  const files = new Map<string, string>();
  const place = async (root: string, url: string): Promise<ServedFolder> => {
    const paths = await filesBelow(root);
    for (const path of paths) files.set(url + path, join(root, path));
    return { url, paths };
  };
  const placed = (root: string | null, url: string) => (root === null ? null : place(root, url));
  if (command.jsquad !== null) files.set('/parity/jsquad', command.jsquad);
  const served: ServedGoldens = {
    folder: await place(command.folder, '/parity/folder/'),
    tokenizers: await placed(command.tokenizers, '/parity/tokenizers/'),
    models: await placed(command.models, '/parity/models/'),
    rest: await placed(command.rest, '/parity/rest/'),
    jsquad: command.jsquad === null ? null : '/parity/jsquad',
    only: command.only,
  };
  return { served, files };
}

/** The page's own code, as `npm run dev` serves it, and beside it these files and no others. */
async function startServer(files: ReadonlyMap<string, string>): Promise<ViteDevServer> {
  const answer = (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const file = files.get(decodeURI(request.url ?? ''));
    if (file === undefined) next();
    else
      createReadStream(file)
        .on('error', (error) => response.destroy(error))
        .pipe(response);
  };
  const server = await createServer({
    server: { port: 0, hmr: false },
    logLevel: 'error',
    plugins: [{ name: 'goldens', configureServer: ({ middlewares }) => void middlewares.use(answer) }],
    // Found before the first request: a package found later would reload what has begun.
    optimizeDeps: {
      entries: ['src/cli/parity-page.ts', 'src/workers/trainer.worker.ts', 'src/parity/served.ts'],
    },
    cacheDir: 'node_modules/.vite/parity',
  });
  return server.listen();
}
