import { afterEach, beforeEach, expect, test, vi } from "vitest";
import image_upload from "../src/image_upload";
import { fakeCanvas } from "./fake_camera";
import { FakeModel, later, show, text } from "./fake_model";

const NASTY = "<img src=x onerror=alert(1)>.jpg";

let model: FakeModel;
let el: HTMLElement;
let remove: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  fakeCanvas();
  vi.stubGlobal("createImageBitmap", async ({ name }: File) => {
    if (name.startsWith("bad")) throw new Error("no");
    return { width: 10, height: 10, close: () => {} };
  });
  model = new FakeModel({ width: 0, height: 0 });
  ({ el, remove } = show(image_upload, model));
});
afterEach(() => {
  remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const file = (name: string): File => new File(["x"], name);
const sent = (): unknown[] => model.kinds("chunk").map(({ name }) => name);

/** A kernel that takes everything. */
function accepting(): void {
  model.kernel = ({ kind, file: number, index, count }) => {
    if (kind !== "chunk") return;
    model.say({ kind: "received", file: number, index });
    if (index === (count as number) - 1) model.say({ kind: "accepted", file: number });
  };
}

function carrying(name: string, files: File[], key = "dataTransfer"): Event {
  const event = new Event(name, { bubbles: true, cancelable: true });
  Object.defineProperty(event, key, { value: { files, types: ["Files"] } });
  return event;
}

async function give(event: Event): Promise<Event> {
  (event.type === "paste" ? document : (el.querySelector(".marcelle-drop") as Element)).dispatchEvent(event);
  await later(10);
  return event;
}

test("files that are dropped are sent in order, and the page stays", async () => {
  accepting();
  const event = await give(carrying("drop", [file("a.jpg"), file("b.jpg"), file("c.jpg")]));
  expect(sent()).toEqual(["a.jpg", "b.jpg", "c.jpg"]);
  expect(event.defaultPrevented).toBe(true);
  expect(text(el)).toContain("3 pictures sent");
  expect([...el.querySelectorAll("img")].map((img) => img.alt)).toEqual(["c.jpg", "b.jpg", "a.jpg"]);
});

test("files that are picked are sent, and the same one can be picked again", async () => {
  accepting();
  const input = el.querySelector("input") as HTMLInputElement;
  Object.defineProperty(input, "files", { value: [file("a.jpg")] });
  for (let i = 0; i < 2; i++) {
    input.dispatchEvent(new Event("change"));
    await later(10);
  }
  expect(sent()).toEqual(["a.jpg", "a.jpg"]);
});

test("files that are pasted are taken only where the widget is meant", async () => {
  accepting();
  await give(carrying("paste", [file("a.png")], "clipboardData"));
  expect(sent()).toEqual([]);
  el.querySelector("input")?.focus();
  const event = await give(carrying("paste", [file("a.png")], "clipboardData"));
  expect(sent()).toEqual(["a.png"]);
  expect(event.defaultPrevented).toBe(true);
});

test("the drop zone shows that it will take the files", async () => {
  await give(carrying("dragenter", []));
  expect(el.querySelector(".marcelle-over")).not.toBeNull();
  await give(carrying("dragleave", []));
  expect(el.querySelector(".marcelle-over")).toBeNull();
});

test("progress is shown by file", async () => {
  await give(carrying("drop", [file("a.jpg"), file("b.jpg")]));
  const bar = el.querySelector("progress") as HTMLProgressElement;
  expect(bar.getAttribute("aria-label")).toBe("Sending a.jpg");
  expect(text(el)).toContain("1 file waiting");
});

test("names are text, in the list, in refusals and under pictures", async () => {
  accepting();
  await give(carrying("drop", [file(`bad ${NASTY}`), file(NASTY)]));
  expect(text(el.querySelector("li"))).toContain(`bad ${NASTY}`);
  expect([...el.querySelectorAll("img")].map((img) => [img.alt, img.getAttribute("src")])).toEqual([
    [NASTY, "data:image/jpeg;base64,AAAA"],
  ]);
});

test("what the kernel refuses is shown with its reason, and can be dismissed", async () => {
  await give(carrying("drop", [file("a.jpg")]));
  model.say({ kind: "refused", file: model.kinds("chunk")[0]?.file, reason: "25 megapixels at most" });
  await later(0);
  expect(text(el.querySelector(".marcelle-refused"))).toContain("a.jpg 25 megapixels at most");
  el.querySelector<HTMLButtonElement>(".marcelle-refused button")?.click();
  await later(0);
  expect(el.querySelector(".marcelle-refused")).toBeNull();
});

test("a removed view leaves nothing behind", async () => {
  await give(carrying("drop", [file("a.jpg")]));
  remove();
  expect(model.kinds("abandon")).toHaveLength(1);
  expect(model.listeners).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
