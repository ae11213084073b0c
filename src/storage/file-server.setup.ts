// For the tests: a web server of another origin that can be told to fail as real ones do.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    fileServer: string;
  }
}

/** How a file is served; sent as the query of the POST that places it. */
export interface Serving {
  etag?: string;
  /** Ends the connection after so many bytes, once. */
  cutAfter?: number;
  /** Milliseconds between two pieces of 64 KiB. */
  slow?: number;
  /** Does not know Range. */
  noRange?: boolean;
  /** Closes the connection when Range is asked for. */
  refuseRange?: boolean;
  /** Compresses whole answers. */
  gzip?: boolean;
  status?: number;
  /** Sends the SHA-256 as the hub does. */
  linked?: boolean;
  /** Lets the page see no header but those that are always seen. */
  hideHeaders?: boolean;
}

interface Placed {
  body: Buffer;
  how: Serving;
}

export interface SeenRequest {
  path: string;
  range: string | null;
  sent: number;
}

const files = new Map<string, Placed>();
let seen: SeenRequest[] = [];

/** Vitest calls this before the tests of the project. */
export default async function setup(project: TestProject) {
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  project.provide('fileServer', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://localhost');
  response.setHeader('Access-Control-Allow-Origin', '*');
  if (request.method === 'POST') {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    files.set(path, {
      body: Buffer.concat(pieces),
      how: JSON.parse(searchParams.get('how') ?? '{}') as Serving,
    });
    response.end();
  } else if (request.method === 'DELETE' || request.method === 'OPTIONS') {
    // No preflight is answered: the hosts that the hub redirects to do not do it either.
    response.writeHead(403).end();
  } else if (path === '/requests') {
    response.end(JSON.stringify(seen));
  } else if (path === '/reset') {
    files.clear();
    seen = [];
    response.end();
  } else {
    await serve(path, request.headers.range ?? null, response);
  }
}

async function serve(path: string, range: string | null, response: ServerResponse): Promise<void> {
  const record: SeenRequest = { path, range, sent: 0 };
  seen.push(record);
  const file = files.get(path);
  if (!file || file.how.status) {
    response.writeHead(file?.how.status ?? 404).end('<html>no such file</html>');
    return;
  }
  const { body, how } = file;
  if (range && how.refuseRange) {
    response.destroy();
    return;
  }
  if (!how.hideHeaders) {
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range, X-Linked-ETag');
  }
  if (how.etag) response.setHeader('ETag', how.gzip && !range ? `W/${how.etag}` : how.etag);
  if (how.linked) {
    response.setHeader('X-Linked-ETag', `"${createHash('sha256').update(body).digest('hex')}"`);
  }
  let bytes = body;
  const start = range && !how.noRange ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : null;
  if (start !== null && start >= body.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${body.length}` }).end();
    return;
  }
  if (start !== null) {
    bytes = body.subarray(start);
    response.writeHead(206, {
      'Content-Range': `bytes ${start}-${body.length - 1}/${body.length}`,
      'Content-Length': bytes.length,
    });
  } else {
    if (how.gzip) {
      bytes = gzipSync(body);
      response.setHeader('Content-Encoding', 'gzip');
    }
    response.writeHead(200, { 'Content-Length': bytes.length });
  }
  const end = how.cutAfter ?? bytes.length;
  delete how.cutAfter;
  const PIECE = how.slow ? 2 ** 16 : end;
  for (let at = 0; at < end && !response.destroyed; at += PIECE) {
    const piece = bytes.subarray(at, Math.min(end, at + PIECE));
    await new Promise<void>((resolve) => {
      response.write(piece, () => resolve());
    });
    record.sent += piece.length;
    if (how.slow) await new Promise((resolve) => setTimeout(resolve, how.slow));
  }
  if (end < bytes.length) {
    // What was written must leave before the connection does.
    setTimeout(() => response.destroy(), 50);
  } else response.end();
}
