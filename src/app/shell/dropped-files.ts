/** Files as they came, and the name that people know them by: the folder's, or the first file's. */
export interface GivenFiles {
  files: File[];
  name: string;
}

/** The files of a file dialog; of a folder, those that lie directly in it. */
export function pickedFiles(files: File[]): GivenFiles {
  const direct = files.filter(({ webkitRelativePath }) => webkitRelativePath.split('/').length <= 2);
  const folder = direct[0]?.webkitRelativePath.split('/')[0];
  return { files: direct, name: folder || (direct[0]?.name ?? '') };
}

/** The files of a drop; of a dropped folder, those that lie directly in it. Call it before the event handler returns. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFiles> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  const folders = entries.filter((entry) => entry?.isDirectory) as FileSystemDirectoryEntry[];
  if (folders.length === 0) return { files, name: files[0]?.name ?? '' };
  const inside = await Promise.all(folders.map(filesIn));
  return {
    files: [...files.filter((_, i) => entries[i]?.isFile), ...inside.flat()],
    name: folders[0].name,
  };
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  // The reader gives at most a hundred entries at a time, and none at the end.
  for (;;) {
    const more = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (more.length === 0) break;
    entries.push(...more);
  }
  const files = entries.filter((entry): entry is FileSystemFileEntry => entry.isFile);
  return Promise.all(files.map((entry) => new Promise<File>((done, fail) => entry.file(done, fail))));
}
