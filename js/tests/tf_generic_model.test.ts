import { afterEach, beforeEach, expect, test, vi } from "vitest";
import tf_generic_model from "../src/tf_generic_model";
import { FakeModel, later, settle, show, text } from "./fake_model";

const NASTY = "<img src=x onerror=alert(1)>";
const NOTHING = { columns: [], cells: [], foot: "" };

let model: FakeModel;
let el: HTMLElement;
let remove: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel({
    title: "Model from files",
    task: "image → classification",
    max_bytes: 1_000_000,
    loading: false,
    state: "Nothing is loaded yet",
    failed: false,
    facts: [],
    table: NOTHING,
  });
  ({ el, remove } = show(tf_generic_model, model));
});
afterEach(() => {
  remove();
  vi.useRealTimers();
});

const state = () => el.querySelector<HTMLElement>(".marcelle-state")!;

test("says what it is for, and that nothing is loaded", () => {
  expect(text(el.querySelector("header"))).toBe("Model from files image → classification");
  expect(text(state())).toBe("Nothing is loaded yet");
  expect(el.querySelector("details")!.hidden).toBe(true);
  expect(el.querySelector("progress")).toBeNull();
});

test("files that are dropped go to the kernel together", async () => {
  model.kernel = ({ kind, file, index }) => {
    if (kind === "chunk") model.say({ kind: "received", file, index });
  };
  const event = new Event("drop", { bubbles: true, cancelable: true });
  const files = [new File(["{}"], "model.json"), new File(["x"], "w.bin")];
  Object.defineProperty(event, "dataTransfer", { value: { files, types: ["Files"], items: [] } });
  el.querySelector(".marcelle-drop")!.dispatchEvent(event);
  await later(20);
  expect(model.kinds("deliver")).toHaveLength(1);
  expect((model.kinds("deliver")[0]!.files as number[]).length).toBe(2);
});

test("shows that it loads, what was loaded and its layers, all as text", async () => {
  model.update({ loading: true, state: "Loading …" });
  await settle();
  expect(el.querySelector("progress")!.getAttribute("aria-label")).toBe("Loading");
  model.update({
    loading: false,
    state: "Loaded",
    facts: [["Format", "tfjs-layers, 1.2 MB"], ["Labels", `${NASTY}, dog`]],
    table: { columns: ["Layer", "Type"], cells: [[NASTY, "Dense"]], foot: "1 parameter" },
  });
  await settle();
  expect([...el.querySelectorAll("dt")].map(text)).toEqual(["Format", "Labels"]);
  expect([...el.querySelectorAll("dd")].map(text)).toEqual(["tfjs-layers, 1.2 MB", `${NASTY}, dog`]);
  expect(el.querySelector("details")!.hidden).toBe(false);
  expect(text(el.querySelector("summary"))).toBe("Layers");
  expect(el.querySelector("img")).toBeNull();
});

test("a failure says why, and is marked", async () => {
  model.update({ state: `Not loaded: expected a model, got ${NASTY}`, failed: true });
  await settle();
  expect(text(state())).toBe(`Not loaded: expected a model, got ${NASTY}`);
  expect(state().hasAttribute("data-failed")).toBe(true);
  expect(state().getAttribute("role")).toBe("status");
});

test("leaves nothing behind", () => {
  remove();
  expect([model.listeners, vi.getTimerCount()]).toEqual([0, 0]);
});
