import { ManabiError } from '../errors/manabi-error.ts';

/** Loads the file at an address into whatever keeps it, and gives it. */
export type Download = (
  url: string,
  options: {
    signal?: AbortSignal;
    onProgress?: (loaded: number, total: number | null) => void;
    /** Hexadecimal. */
    expectedSha256?: string;
  },
) => Promise<Blob>;

/** What a server's refusal means. */
export function downloadError(url: string, status: number): ManabiError {
  const denied = [401, 403].includes(status);
  const missing = [404, 410].includes(status);
  return new ManabiError(denied ? 'download-denied' : missing ? 'download-missing' : 'download-status', url, {
    status,
  });
}

/** The body of an answer piece by piece; where the reading ends early, so does the answer. */
export async function* readPieces({ body }: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel().catch(() => {}); // The reader has failed itself then, which is thrown.
  }
}
