import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const LISTED = 'ku-nlp/deberta-v2-tiny-japanese';

/** A hub with the built-in model as local/small, which it does not list, and as one of the common models, which it does; it can break off in mid-file. */
export class LocalHub {
  /** Ends the next answer for a weight file after this many bytes. */
  breakAfter: number | null = null;
  private readonly server: Server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', '*');
    if (request.url === `/api/models/${LISTED}/tree/main`) {
      const files = readdirSync('public/model').map((path) => {
        return { type: 'file', path, size: statSync(`public/model/${path}`).size };
      });
      response.writeHead(200).end(JSON.stringify(files));
      return;
    }
    const [, model, name] = /^\/([\w-]+\/[\w-]+)\/resolve\/main\/([\w.]+)$/.exec(request.url ?? '') ?? [];
    if (model !== 'local/small' && model !== LISTED) {
      response.writeHead(404).end();
      return;
    }
    let bytes: Buffer;
    try {
      bytes = readFileSync(`public/model/${name}`);
    } catch {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { ETag: `"${bytes.length}"`, 'Content-Length': bytes.length - from };
    if (from > 0) {
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { ...headers, 'Content-Range': range });
    } else response.writeHead(200, headers);
    const cut = name?.endsWith('.safetensors') ? this.breakAfter : null;
    if (cut === null) response.end(bytes.subarray(from));
    else response.write(bytes.subarray(from, from + cut), () => setTimeout(() => response.destroy(), 500));
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, resolve));
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
