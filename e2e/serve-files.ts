import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const types: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
};

/** A static host of the files by their paths, as of an unpacked zip. */
export async function serveFiles(
  files: Record<string, Uint8Array>,
): Promise<{ address: string; close: () => void }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname.replace(/\/$/, '/index.html').slice(1);
    const bytes = files[path];
    if (bytes)
      response.writeHead(200, {
        'Content-Type': types[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      });
    else response.writeHead(404);
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  return { address, close: () => server.close() };
}
