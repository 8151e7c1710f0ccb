import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import model from "../src/model";
import tf_generic_model from "../src/tf_generic_model";
import { FakeModel, later, settle, show, text } from "./fake_model";

vi.mock("uplot", () => ({ default: class {} }));

const NASTY = "<img src=x onerror=alert(1)>";
const STORED = {
  can_save: true,
  where: "Kept in the file class.db.",
  saved_as: "",
  storage_revision: 0,
  max_bytes: 1_000_000,
};
const TRAITS = { title: "MLP", kinds: {}, dataset: "", can_train: false, control: "", ...STORED };
const FIRST = { id: "1", name: NASTY, labels: ["wave", NASTY], updatedAt: "2025-01-31T12:00:00Z" };

let widget: FakeModel;
let el: HTMLElement;
let remove: () => void;
let number = 0;

function open(traits: object = {}): void {
  widget = new FakeModel({ ...TRAITS, ...traits });
  ({ el, remove } = show(model, widget));
}
async function tell(status: string, data: object | null = null): Promise<void> {
  widget.say({ kind: "log", entries: [[++number, { status, epoch: null, epochs: 5, run: 1, data }]], newest: number });
  await settle();
}
const section = () => el.querySelector<HTMLElement>(".marcelle-storage")!;
const named = (name: string) => section().querySelector<HTMLElement>(`[name=${name}], .marcelle-${name}`)!;
const form = () => section().querySelector("form")!;
const said = () => text(section().querySelector("[role=status]"));
const list = () => section().querySelector<HTMLElement>(".marcelle-stored")!;
const isDisabled = () => section().querySelector("fieldset")!.disabled;

function drop(type = "drop"): void {
  const event = new Event(type, { bubbles: true, cancelable: true });
  const files = [new File(["{}"], "m.json"), new File(["x"], "m.weights.bin")];
  Object.defineProperty(event, "dataTransfer", { value: { files, types: ["Files"], items: [] } });
  el.querySelector("header")!.dispatchEvent(event);
}

beforeEach(() => {
  vi.useFakeTimers();
  number = 0;
});
afterEach(() => {
  remove();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("what a model is stored with", () => {
  test("is not there for a model that cannot be stored, which takes no files either", async () => {
    open(Object.fromEntries(Object.keys(STORED).map((name) => [name, undefined])));
    expect(section()).toBeNull();
    drop();
    await later(20);
    expect(widget.kinds("chunk")).toEqual([]);
  });

  test("before anything is learned there is nothing to save or download, but to load", async () => {
    open({ can_save: false });
    expect([form().hidden, named("download").hidden, named("load").hidden, named("pick").hidden]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    widget.update({ can_save: true });
    await settle();
    expect([form().hidden, named("download").hidden]).toEqual([false, false]);
    expect(text(section())).toContain("Kept in the file class.db.");
  });

  test("saves under the name, and says so when its own answer comes", async () => {
    open({ saved_as: "of before" });
    const field = named("name") as HTMLInputElement;
    expect(field.value).toBe("of before");
    field.value = "gestures";
    form().requestSubmit();
    await settle();
    const [{ name, request } = {}] = widget.kinds("save");
    expect([name, said()]).toEqual(["gestures", "Saving …"]);
    widget.say({ kind: "stored", models: [FIRST], total: 1, request: "another's" });
    await settle();
    expect(said()).toBe("Saving …");
    widget.say({ kind: "stored", models: [FIRST], total: 1, request });
    widget.update({ saved_as: "gestures" });
    await settle();
    expect([said(), field.value]).toEqual(["Saved", "gestures"]);
  });

  test("lists checkpoints of runs apart, below the models that somebody has named", async () => {
    open();
    named("load").click();
    const names = ["animals-2@final", "mine", "cnn-1@12", "me@home", "hand@2"];
    const models = names.map((name, i) => ({ id: String(i), name, labels: [], updatedAt: null }));
    widget.say({ kind: "stored", models, total: 5, request: "" });
    await settle();
    const [own, apart] = [...list().querySelectorAll("ul")];
    expect([...own!.querySelectorAll("strong")].map(text)).toEqual(["mine", "me@home", "hand@2"]);
    expect([...apart!.querySelectorAll("strong")].map(text)).toEqual(["animals-2@final", "cnn-1@12"]);
    expect(text(list().querySelector("summary"))).toBe("2 checkpoints of training runs");
    apart!.querySelectorAll("button")[1]!.click();
    expect(widget.kinds("load")).toEqual([{ kind: "load", id: "2" }]);
  });

  test("a save that is refused is not said to go on", async () => {
    open();
    form().requestSubmit();
    widget.say({ kind: "rejected", reason: "the disk is full" });
    await settle();
    expect(said()).toBe("");
  });

  test("lists the models of the store as text, and again when others save, while it is open", async () => {
    open();
    widget.update({ storage_revision: 1 });
    expect(widget.kinds("list")).toEqual([]);
    named("load").click();
    await settle();
    expect(text(list())).toBe("Looking …");
    expect([list().hidden, named("load").getAttribute("aria-expanded")]).toEqual([false, "true"]);
    widget.say({ kind: "stored", models: [], total: 0, request: "" });
    await settle();
    expect(text(list())).toBe("Nothing is saved here yet.");
    widget.update({ storage_revision: 2 });
    expect(widget.kinds("list")).toHaveLength(2);
    widget.say({ kind: "stored", models: [FIRST], total: 3, request: "" });
    await settle();
    expect(text(list().querySelector("li"))).toMatch(/^<img.* wave, <img.* 2025-\d\d-\d\d \d\d:\d\d:00 Load$/);
    expect(text(list())).toContain("2 older ones: model.load(name)");
    expect(el.querySelector("img")).toBeNull();
    list().querySelector<HTMLElement>("li button")!.click();
    expect(widget.kinds("load")).toEqual([{ kind: "load", id: "1" }]);
    named("load").click();
    await settle();
    widget.update({ storage_revision: 3 });
    expect([list().hidden, widget.kinds("list").length]).toEqual([true, 2]);
  });

  test("a list whose answer was lost is asked for again", async () => {
    open();
    named("load").click();
    await later(11_000);
    expect(widget.kinds("list")).toHaveLength(2);
    widget.say({ kind: "stored", models: [], total: 0, request: "" });
    await later(11_000);
    expect(widget.kinds("list")).toHaveLength(2);
  });

  test("keeps the file that this page asked for, whole, under its name", async () => {
    open();
    const kept: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:${kept.push(blob as Blob)}`);
    vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
    const names: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download);
    });
    named("download").click();
    const [{ request } = {}] = widget.kinds("download");
    const part = (index: number, letters: string, of: unknown = request) => {
      const data = new DataView(new TextEncoder().encode(letters).buffer);
      widget.say({ kind: "file", request: of, name: "mlp.zip", size: 4, index, count: 2 }, [data]);
    };
    part(0, "xx", "another page's");
    part(1, "xx", "another page's");
    part(0, "ab");
    expect(kept).toEqual([]);
    part(1, "cd");
    await settle();
    expect([await kept[0]!.text(), names, said()]).toEqual(["abcd", ["mlp.zip"], "Downloaded: mlp.zip"]);
    await later(60_000);
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
    named("download").click();
    await settle();
    expect(said()).toBe("Downloading …");
    part(1, "cd", widget.kinds("download")[1]!.request);
    await settle();
    expect([said(), kept.length]).toEqual(["A part was lost on the way: download it again.", 1]);
  });

  test("files that are dropped anywhere on the widget are uploaded together", async () => {
    open();
    widget.kernel = ({ kind, file, index }) => {
      if (kind === "chunk") widget.say({ kind: "received", file, index });
    };
    drop("dragenter");
    await settle();
    expect(section().hasAttribute("data-over")).toBe(true);
    drop();
    await later(20);
    expect(section().hasAttribute("data-over")).toBe(false);
    expect(widget.kinds("chunk").map(({ name }) => name)).toEqual(["m.json", "m.weights.bin"]);
    expect((widget.kinds("deliver")[0]!.files as number[]).length).toBe(2);
  });

  test("is off while the model is trained or loaded, and then takes no files and says why", async () => {
    open();
    expect(isDisabled()).toBe(false);
    await tell("start");
    expect(isDisabled()).toBe(true);
    drop();
    await later(20);
    expect(widget.kinds("chunk")).toEqual([]);
    expect(text(section().querySelector("[role=alert]"))).toContain("m.json The model is trained or loaded");
    await tell("success");
    expect(isDisabled()).toBe(false);
    await tell("loading");
    expect(isDisabled()).toBe(true);
    await tell("error", { message: "expected a model" });
    expect(isDisabled()).toBe(false);
    expect(text(el.querySelector(".marcelle-status"))).toBe("Not loaded: expected a model");
  });

  test("the button that was pressed has the keyboard again when the model is loaded", async () => {
    open();
    named("load").click();
    widget.say({ kind: "stored", models: [FIRST], total: 1, request: "" });
    await settle();
    const button = list().querySelector<HTMLElement>("li button")!;
    button.focus();
    button.click();
    await tell("loading");
    button.blur(); // as browsers do where a button is disabled
    await tell("loaded");
    await later(10);
    expect(document.activeElement).toBe(button);
  });

  test("leaves nothing behind", async () => {
    open();
    await tell("start");
    remove();
    expect([widget.listeners, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

test("a model from files is saved, loaded and downloaded, too, but not while it loads", async () => {
  const table = { columns: [], cells: [], foot: "" };
  const own = { title: "", task: "", loading: false, state: "", failed: false, facts: [], table };
  widget = new FakeModel({ ...own, ...STORED });
  ({ el, remove } = show(tf_generic_model, widget));
  expect([form().hidden, named("download").hidden, named("pick"), isDisabled()]).toEqual([false, false, null, false]);
  widget.update({ loading: true });
  await settle();
  expect(isDisabled()).toBe(true);
});
