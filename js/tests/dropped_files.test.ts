import { expect, test } from "vitest";
import { droppedFiles } from "../src/lib/dropped_files";

interface Fake {
  name: string;
  children?: Fake[];
}

/** A file or folder as the browser hands them over: folders in pieces. */
function entry({ name, children }: Fake, parent = ""): FileSystemEntry {
  const fullPath = `${parent}/${name}`;
  if (!children) {
    const file = (take: (file: File) => void) => take(new File([name], name));
    return { name, fullPath, isFile: true, isDirectory: false, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const pieces = children.map((child) => [entry(child, fullPath)]);
    return { readEntries: (take: (some: FileSystemEntry[]) => void) => take(pieces.shift() ?? []) };
  };
  return { name, fullPath, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}

function dropped(...given: Fake[]): DataTransfer {
  return { items: given.map((one) => ({ webkitGetAsEntry: () => entry(one) })) } as unknown as DataTransfer;
}

const names = (files: File[]): string[] => files.map(({ name }) => name);

test("files that are dropped stay as they are", async () => {
  const files = [new File(["x"], "b"), new File(["x"], "a")];
  expect(await droppedFiles(files, dropped({ name: "b" }, { name: "a" }))).toBe(files);
  expect(await droppedFiles(files)).toBe(files);
  expect(await droppedFiles(files, {} as DataTransfer)).toBe(files);
});

test("of a folder all files come with their paths, and none that systems left in it", async () => {
  const folder = {
    name: "saved",
    children: [
      { name: "saved_model.pb" },
      { name: ".DS_Store" },
      { name: "variables", children: [{ name: "variables.index" }, { name: "variables.data" }] },
    ],
  };
  expect(names(await droppedFiles([], dropped(folder)))).toEqual([
    "saved/saved_model.pb",
    "saved/variables/variables.data",
    "saved/variables/variables.index",
  ]);
});

test("a folder without end ends", async () => {
  const endless: Fake = { name: "loop", children: [{ name: "a" }] };
  endless.children!.push(endless);
  const found = await droppedFiles([], dropped(endless));
  expect(found.length).toBeGreaterThan(1);
  expect(found.length).toBeLessThan(20);
});
