import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** The built page in a folder of a host that sets no headers of its own. */
export class StaticHost {
  /** Names of the files that were asked for, in order. */
  readonly requests: string[] = [];
  /** Served in place of files, by their names. */
  readonly instead = new Map<string, string>();
  private readonly server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    const name = pathname.replace(/^\/some\/folder\//, '') || 'index.html';
    this.requests.push(name);
    try {
      const body = this.instead.get(name) ?? readFileSync(join('dist', name));
      response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream' });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });

  /** How often the page itself was asked for. */
  get pageLoads(): number {
    return this.requests.filter((name) => name === 'index.html').length;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, resolve));
    return `http://localhost:${(this.server.address() as AddressInfo).port}/some/folder/`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
