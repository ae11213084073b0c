import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** For tests: what @huggingface/hub asks of a hub while it uploads, in memory. */
export class HubStandIn {
  /** Files of the repositories by `name/model`. */
  readonly repositories = new Map<string, Map<string, Uint8Array>>();
  /** The only token that may write. */
  token = 'hf_write';
  /** Ends the connection in the middle of a large file. */
  breaks = false;
  /** Called when a large file begins to come in, which waits for it. */
  onLargeFile: () => void | Promise<void> = () => {};
  /** Tokens seen by the storage of large files, which is not the hub's. */
  readonly storageTokens: string[] = [];
  private readonly stored = new Map<string, Uint8Array>();
  private readonly server: Server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type, X-Request-Id');
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT');
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    // What fails here is a connection that the other side has ended.
    else this.answer(request, response).catch(() => response.destroy());
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, resolve));
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', 'http://hub');
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (pathname.startsWith('/storage/')) return this.store(request, response, pathname);
    const body = await bytesOf(request);
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      json(403, { error: 'You have no write access.' });
      return;
    }
    const text = new TextDecoder().decode(body);
    if (pathname === '/api/repos/create') {
      const { organization, name } = JSON.parse(text) as { organization: string; name: string };
      const id = `${organization}/${name}`;
      if (this.repositories.has(id)) json(409, { error: 'You already created this model repo' });
      else {
        this.repositories.set(id, new Map());
        json(200, { url: `/${id}`, id });
      }
      return;
    }
    const [, repo, action] =
      /^\/(?:api\/models\/)?([^/]+\/[^/]+?)(?:\.git)?\/(preupload|info|commit)\b/.exec(pathname) ?? [];
    const files = this.repositories.get(repo);
    if (!files) json(404, { error: 'Repository not found' });
    else if (action === 'preupload') json(200, { files: uploadModes(text) });
    else if (action === 'info') json(200, { objects: this.places(text, request.headers.host ?? '') });
    else {
      this.commit(files, text);
      json(200, { success: true, commitOid: 'c0', commitUrl: `/${repo}/commit/c0`, hookOutput: '' });
    }
  }

  private async store(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    if (request.headers.authorization) this.storageTokens.push(request.headers.authorization);
    await this.onLargeFile();
    if (this.breaks) {
      request.destroy();
      return;
    }
    const bytes = await bytesOf(request);
    this.stored.set(pathname.slice('/storage/'.length), bytes);
    // As the hub's storage does: @huggingface/hub waits for ever where a page may read no header at all.
    response.writeHead(200, { ETag: '"1"', 'Access-Control-Expose-Headers': 'ETag' }).end();
  }

  private places(text: string, host: string) {
    const { objects } = JSON.parse(text) as { objects: { oid: string; size: number }[] };
    return objects.map((object) => ({
      ...object,
      actions: { upload: { href: `http://${host}/storage/${object.oid}` } },
    }));
  }

  private commit(files: Map<string, Uint8Array>, text: string): void {
    for (const line of text.trim().split('\n')) {
      const { key, value } = JSON.parse(line) as {
        key: string;
        value: { path: string; content: string; oid: string };
      };
      if (key === 'file') files.set(value.path, Uint8Array.from(Buffer.from(value.content, 'base64')));
      else if (key === 'lfsFile') {
        const bytes = this.stored.get(value.oid);
        if (!bytes || createHash('sha256').update(bytes).digest('hex') !== value.oid)
          throw new Error(value.path);
        files.set(value.path, bytes);
      }
    }
  }
}

function uploadModes(text: string) {
  const { files } = JSON.parse(text) as { files: { path: string }[] };
  return files.map(({ path }) => ({
    path,
    uploadMode: /\.(onnx|safetensors)$/.test(path) ? 'lfs' : 'regular',
  }));
}

async function bytesOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}
