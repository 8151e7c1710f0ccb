/** The files that were dropped, those in folders too: each is called by its path from where it was dropped. */

/** A folder deeper than this is no model: it is somebody's home. */
const DEEPEST = 8;
/** More files than these are not meant. */
const MOST = 1000;

/** Must be called while the drop is handled: the browser forgets it afterwards. */
export function droppedFiles(files: File[], data?: DataTransfer): Promise<File[]> {
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry != null);
  if (!entries.some((entry) => entry.isDirectory)) return Promise.resolve(files);
  const found: File[] = [];
  return Promise.all(entries.map((entry) => collect(entry, found, DEEPEST))).then(() =>
    found.sort((one, other) => (one.name < other.name ? -1 : 1)),
  );
}

async function collect(entry: FileSystemEntry, found: File[], depth: number): Promise<void> {
  // What systems and editors leave behind in folders.
  if (entry.name.startsWith(".") || depth === 0 || found.length >= MOST) return;
  if (entry.isFile) {
    const file = await new Promise<File>((take, fail) => (entry as FileSystemFileEntry).file(take, fail));
    found.push(new File([file], entry.fullPath.replace(/^\//, "")));
  }
  if (!entry.isDirectory) return;
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A browser gives a hundred at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((take, fail) => reader.readEntries(take, fail));
    if (some.length === 0) return;
    await Promise.all(some.map((each) => collect(each, found, depth - 1)));
  }
}
