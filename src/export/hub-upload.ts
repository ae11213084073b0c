import type { createRepo as CreateRepo, uploadFilesWithProgress as UploadFiles } from '@huggingface/hub';
import { ManabiError } from '../errors/manabi-error.ts';
import type { MadeFile, MakingControl } from './made-folder.ts';

export interface HubDestination {
  /** `name/model` */
  repo: string;
  /** A write token. It goes into the requests of this upload and nowhere else. */
  token: string;
  isPrivate: boolean;
  hubUrl: string;
}

export interface HubLibrary {
  createRepo: typeof CreateRepo;
  uploadFilesWithProgress: typeof UploadFiles;
}

/**
 * Creates the repository where it is not there and commits the files to it, all in one commit: a broken connection or a cancel leaves it as
 * it was. Gives the address of the repository.
 * Throws ManabiError hub-id, hub-token, hub-upload, cancelled.
 */
export async function uploadToHub(
  { createRepo, uploadFilesWithProgress }: HubLibrary,
  files: readonly MadeFile[],
  { repo, token, isPrivate, hubUrl }: HubDestination,
  { onProgress, signal }: MakingControl = {},
): Promise<string> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repo)) throw new ManabiError('hub-id', repo);
  if (!/^hf_\w+$/.test(token)) throw new ManabiError('hub-token', repo);
  const shared = { repo: { type: 'model', name: repo }, hubUrl, accessToken: token } as const;
  const total = files.reduce((sum, { blob }) => sum + blob.size, 0);
  const sizes = new Map(files.map(({ name, blob }) => [name, blob.size]));
  const sent = new Map<string, number>();
  try {
    await createRepo({ ...shared, visibility: isPrivate ? 'private' : 'public' }).catch((error: unknown) => {
      // 409: it is there already.
      if (statusOf(error) !== 409) throw error;
    });
    signal?.throwIfAborted();
    const upload = uploadFilesWithProgress({
      ...shared,
      files: files.map(({ name, blob }) => ({ path: name, content: blob })),
      commitTitle: 'Upload a model made with Manabi',
      abortSignal: signal,
      // The hub takes both; without it no WebAssembly is loaded for weights, which do not shrink.
      useXet: false,
    });
    for await (const event of upload) {
      if (event.event !== 'fileProgress' || event.state !== 'uploading') continue;
      sent.set(event.path, event.progress * (sizes.get(event.path) ?? 0));
      await onProgress?.(Math.round([...sent.values()].reduce((a, b) => a + b, 0)), total);
    }
    await onProgress?.(total, total);
  } catch (error) {
    if (signal?.aborted) throw new ManabiError('cancelled', '');
    const status = statusOf(error);
    if (status === 401 || status === 403) throw new ManabiError('hub-token', repo);
    throw new ManabiError('hub-upload', repo, {
      reason: error instanceof Error ? error.message : String(error),
    });
  }
  return `${hubUrl}/${repo}`;
}

function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}
