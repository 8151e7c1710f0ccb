import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import file_upload from "../src/file_upload";
import { CHUNK_BYTES } from "../src/lib/file_sender";
import { FakeModel, later, show, text } from "./fake_model";

const NASTY = "<img src=x onerror=alert(1)>.bin";

let model: FakeModel;
let el: HTMLElement;
let remove: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel({ max_bytes: 2_000_000 });
  ({ el, remove } = show(file_upload, model));
});
afterEach(() => {
  remove();
  vi.useRealTimers();
});

const file = (name: string, content: BlobPart = "x"): File => new File([content], name);
const sent = (): unknown[] => model.kinds("chunk").map(({ name, index }) => `${name} ${index}`);

/** A kernel that takes everything, or refuses by name. */
function answer(refused: string[] = []): void {
  model.kernel = ({ kind, file: number, index, name }) => {
    if (kind === "chunk" && refused.includes(name as string)) {
      model.say({ kind: "refused", file: number, reason: `No ${name}.` });
    } else if (kind === "chunk") model.say({ kind: "received", file: number, index });
    if (kind === "deliver") model.say({ kind: "delivered", file: number });
  };
}

async function drop(...files: File[]): Promise<Event> {
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.defineProperty(event, "dataTransfer", { value: { files, types: ["Files"], items: [] } });
  el.querySelector(".marcelle-drop")!.dispatchEvent(event);
  await later(20);
  return event;
}

/** The numbers of the files of each delivery, by the names under which they were sent. */
function deliveries(): unknown[] {
  const names = new Map(model.kinds("chunk").map(({ file: number, name }) => [number, name]));
  return model.kinds("deliver").map(({ files }) => (files as number[]).map((number) => names.get(number)));
}

describe("files", () => {
  test("that are dropped together are sent in order, handed over together, and the page stays", async () => {
    answer();
    const event = await drop(file("model.json"), file("a.bin"), file("b.bin"));
    expect(sent()).toEqual(["model.json 0", "a.bin 0", "b.bin 0"]);
    expect(deliveries()).toEqual([["model.json", "a.bin", "b.bin"]]);
    expect(event.defaultPrevented).toBe(true);
    expect(text(el)).toContain("3 files sent");
    expect(el.querySelectorAll("li")).toHaveLength(0);
  });

  test("that are sent later are counted alone", async () => {
    answer();
    await drop(file("model.json"), file("a.bin"));
    await drop(file("other.keras"));
    expect(text(el)).toContain("1 file sent");
  });

  test("that are picked are sent, and the same one can be picked again", async () => {
    answer();
    const input = el.querySelector("input")!;
    Object.defineProperty(input, "files", { value: [file("a")] });
    for (let i = 0; i < 2; i++) {
      input.dispatchEvent(new Event("change"));
      await later(20);
    }
    expect(deliveries()).toEqual([["a"], ["a"]]);
    expect(input.value).toBe("");
  });

  test("travel in chunks, one under way at a time, with their progress", async () => {
    await drop(file("a", new Uint8Array(2 * CHUNK_BYTES + 7)));
    const chunks = () => model.sent.filter(({ content }) => content.kind === "chunk");
    const confirm = async () => {
      const { file: number, index } = chunks().at(-1)!.content;
      model.say({ kind: "received", file: number, index });
      await later(20);
    };
    expect(chunks()).toHaveLength(1);
    expect(chunks()[0]!.content).toMatchObject({ name: "a", index: 0, count: 3, size: 2 * CHUNK_BYTES + 7 });
    await confirm();
    expect(el.querySelector("progress")!.value).toBeCloseTo(1 / 3);
    expect(text(el)).toContain("33 %");
    await confirm();
    expect(chunks().map(({ buffers }) => buffers[0]!.byteLength)).toEqual([CHUNK_BYTES, CHUNK_BYTES, 7]);
    expect(model.kinds("deliver")).toEqual([]);
    await confirm();
    expect(deliveries()).toEqual([["a"]]);
  });

  test("that are empty are files", async () => {
    answer();
    await drop(file("a", ""));
    expect(model.kinds("chunk")[0]).toMatchObject({ size: 0, count: 1 });
    expect(deliveries()).toEqual([["a"]]);
  });

  test("of a second drop wait for the first, and are handed over on their own", async () => {
    await drop(file("a"), file("b"));
    await drop(file("c"));
    expect(sent()).toEqual(["a 0"]);
    expect(text(el)).toContain("2 files waiting");
    answer();
    const { file: number, index } = model.kinds("chunk")[0]!;
    model.say({ kind: "received", file: number, index });
    await later(20);
    expect(deliveries()).toEqual([["a", "b"], ["c"]]);
  });
});

describe("a file", () => {
  test("that the kernel refuses says why, as text, and the others are handed over", async () => {
    answer([NASTY]);
    await drop(file("a"), file(NASTY), file("b"));
    expect(text(el.querySelector("[role=alert]"))).toContain(`${NASTY} No ${NASTY}.`);
    expect(el.querySelector("img")).toBeNull();
    expect(deliveries()).toEqual([["a", "b"]]);
    el.querySelector<HTMLElement>(`[aria-label="Dismiss ${NASTY}"]`)!.click();
    await later(0);
    expect(el.querySelectorAll("li")).toHaveLength(0);
  });

  test("that is too large is refused before it is sent", async () => {
    answer();
    await drop(file("a", new Uint8Array(2_000_001)));
    expect(model.kinds("chunk")).toEqual([]);
    expect(model.kinds("deliver")).toEqual([]);
    expect(text(el)).toContain("It has 2.0 MB, at most 2.0 MB are taken.");
  });

  test("that the browser cannot read is refused", async () => {
    answer();
    const gone = file("gone");
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadable")) }) as unknown as Blob;
    await drop(gone, file("b"));
    expect(text(el)).toContain("gone The browser cannot read it");
    expect(deliveries()).toEqual([["b"]]);
  });

  test("that is cancelled on its way is given up, and the others go on", async () => {
    await drop(file("a", new Uint8Array(CHUNK_BYTES + 1)), file("b"));
    el.querySelector<HTMLElement>('[aria-label="Cancel a"]')!.click();
    answer();
    const { file: number, index } = model.kinds("chunk")[0]!;
    model.say({ kind: "received", file: number, index });
    await later(20);
    expect(model.kinds("abandon")).toEqual([{ kind: "abandon", file: number }]);
    expect(deliveries()).toEqual([["b"]]);
  });
});

describe("what gets lost", () => {
  test("is sent again while the kernel answers", async () => {
    await drop(file("a"));
    await later(11_500);
    expect(sent()).toEqual(["a 0", "a 0"]);
    expect(model.kinds("chunk")[0]).toEqual(model.kinds("chunk")[1]);
    answer();
    await later(11_500);
    expect(deliveries()).toEqual([["a"]]);
  });

  test("a late answer about a chunk that was sent twice is not taken for the next one's", async () => {
    await drop(file("a", new Uint8Array(CHUNK_BYTES + 1)));
    const { file: number } = model.kinds("chunk")[0]!;
    for (let i = 0; i < 2; i++) {
      model.say({ kind: "received", file: number, index: 0 });
      await later(20);
    }
    expect(sent()).toEqual(["a 0", "a 1"]);
  });

  test("with the kernel is refused with what to do", async () => {
    await drop(file("a"), file("b"));
    model.dead = true;
    await later(6_000);
    expect(text(el)).toContain("The kernel was restarted: run the cell again, then add the file again.");
    expect(el.querySelectorAll(".marcelle-refused")).toHaveLength(2);
  });

  test("with the view is given up, and nothing is left behind", async () => {
    await drop(file("a"), file("b"));
    remove();
    await later(30_000);
    expect(sent()).toEqual(["a 0"]);
    expect([model.listeners, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
