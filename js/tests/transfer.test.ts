import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../src/lib/connection";
import { type Picture, PictureRefused } from "../src/lib/picture";
import { CHUNK_BYTES, Transfer } from "../src/lib/transfer";
import { later } from "./fake_model";

type Chunk = { kind: string; file: number; name: string; index: number; count: number; size: number };

let sent: { content: Chunk; bytes: number }[];
let connection: Connection;
let alive: boolean;
let size: number;
let prepare: (file: File) => Promise<Picture>;
let transfer: Transfer;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  connection = "ok";
  alive = true;
  size = 10;
  prepare = async () => ({ bytes: new ArrayBuffer(size), thumbnail: "data:," });
  transfer = new Transfer({
    send: (content, buffers) => {
      if (alive) sent.push({ content: content as Chunk, bytes: buffers?.[0]?.byteLength ?? 0 });
      return alive;
    },
    prepare: (file) => prepare(file),
    connection: () => connection,
    changed: () => {},
  });
});
afterEach(() => vi.useRealTimers());

const file = (name: string): File => new File(["x"], name);
const last = (): Chunk => sent.at(-1)?.content as Chunk;
const receive = (): void => transfer.received(last().file, last().index);
const names = (): string[] => sent.map(({ content }) => `${content.name} ${content.index}`);

async function add(...files: string[]): Promise<void> {
  transfer.add(files.map(file));
  await later(0);
}

describe("a file", () => {
  test("travels in chunks of at most 256 KiB, one under way at a time", async () => {
    size = 2 * CHUNK_BYTES + 7;
    await add("a.jpg");
    expect(sent).toHaveLength(1);
    expect(last()).toMatchObject({ kind: "chunk", name: "a.jpg", index: 0, count: 3, size });
    receive();
    receive();
    expect(sent.map(({ bytes }) => bytes)).toEqual([CHUNK_BYTES, CHUNK_BYTES, 7]);
    expect(transfer.items[0]?.progress).toBeCloseTo(2 / 3);
    receive();
    expect(sent).toHaveLength(3);
    transfer.accepted(last().file);
    expect([transfer.items.length, transfer.arrivedCount, transfer.arrived[0]?.name]).toEqual([0, 1, "a.jpg"]);
  });

  test("is not hurried by answers to others", async () => {
    size = CHUNK_BYTES * 2;
    await add("a.jpg");
    transfer.received(last().file + 1, 0);
    transfer.received(last().file, 1);
    transfer.accepted(last().file + 1);
    expect(sent).toHaveLength(1);
    expect(transfer.items).toHaveLength(1);
  });

  test("that the kernel refuses keeps its name and the reason", async () => {
    await add("a.jpg");
    transfer.refused(last().file, "a.jpg: expected an image, got 10 bytes");
    expect(transfer.items[0]).toMatchObject({ state: "refused", reason: "a.jpg: expected an image, got 10 bytes" });
  });
});

describe("several files", () => {
  test("go strictly one after another, in order, whatever their reading takes", async () => {
    prepare = async ({ name }) => {
      await new Promise((done) => setTimeout(done, name === "a" ? 500 : 1));
      return { bytes: new ArrayBuffer(10), thumbnail: "" };
    };
    await add("a", "b", "c");
    for (let i = 0; i < 3; i++) {
      await later(600);
      expect(sent).toHaveLength(i + 1);
      receive();
      transfer.accepted(last().file);
    }
    expect(names()).toEqual(["a 0", "b 0", "c 0"]);
  });

  test("one that cannot be read does not stop the next", async () => {
    prepare = async ({ name }) => {
      if (name === "bad") throw new PictureRefused("This is not a picture.");
      if (name === "worse") throw new Error("boom");
      return { bytes: new ArrayBuffer(10), thumbnail: "" };
    };
    await add("bad", "worse", "good");
    expect(names()).toEqual(["good 0"]);
    expect(transfer.items.map(({ reason }) => reason)).toEqual([
      "This is not a picture.",
      "The picture cannot be used (Error: boom).",
      "",
    ]);
  });

  test("keep only the last thumbnails, and count all", async () => {
    await add(...Array.from({ length: 20 }, (_, i) => `${i}`));
    for (let i = 0; i < 20; i++) {
      transfer.accepted(last().file);
      await later(0);
    }
    expect([transfer.arrivedCount, transfer.arrived.length, transfer.arrived[0]?.name]).toEqual([20, 12, "19"]);
  });
});

describe("giving up", () => {
  test("a file that is taken off the list is abandoned, and the next one goes", async () => {
    await add("a", "b");
    const { file: number } = last();
    transfer.remove(transfer.items[0] as never);
    await later(0);
    expect(sent.map(({ content }) => content.kind)).toEqual(["chunk", "abandon", "chunk"]);
    expect(sent[1]?.content.file).toBe(number);
    expect(last().name).toBe("b");
  });

  test("a file that is taken off while it is read is not sent", async () => {
    transfer.add([file("a")]);
    transfer.remove(transfer.items[0] as never);
    await later(0);
    expect(sent).toEqual([]);
  });

  test("a view that is removed abandons what is under way and sends no more", async () => {
    await add("a", "b");
    transfer.stop();
    await later(0);
    expect(sent.map(({ content }) => content.kind)).toEqual(["chunk", "abandon"]);
  });
});

describe("a kernel that does not answer", () => {
  test("is sent the file again, from its beginning, when an answer was lost", async () => {
    size = CHUNK_BYTES * 2;
    await add("a");
    receive();
    const { file: number } = last();
    await later(11_000);
    transfer.watch();
    expect(sent.map(({ content }) => [content.kind, content.index])).toEqual([
      ["chunk", 0],
      ["chunk", 1],
      ["abandon", undefined],
      ["chunk", 0],
    ]);
    expect(last().file).not.toBe(number);
  });

  test("is not sent anything again while it is busy", async () => {
    await add("a");
    connection = "busy";
    await later(600_000);
    transfer.watch();
    expect(sent).toHaveLength(1);
  });

  test("is given time to take a picture that has arrived, and is not sent it twice", async () => {
    await add("a");
    receive();
    await later(30_000);
    transfer.watch();
    expect(transfer.items[0]?.state).toBe("sending");
    await later(31_000);
    transfer.watch();
    expect(transfer.items[0]?.reason).toMatch(/did not confirm/);
    expect(sent).toHaveLength(1);
  });

  test("after a restart refuses all files in words", async () => {
    await add("a", "b");
    connection = "restarted";
    transfer.watch();
    expect(transfer.items.map(({ state }) => state)).toEqual(["refused", "refused"]);
    alive = false;
    await add("c");
    expect(transfer.items[2]?.reason).toMatch(/restarted/);
  });
});
