import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import datasetBrowser from "../src/dataset_browser";
import { FakeModel, later, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const PICTURE = "data:image/jpeg;base64,AAAA";

/** A kernel that holds some instances and answers for them. */
function open(data: Record<string, [id: string, thumbnail: string][]>) {
  const counts = () => Object.entries(data).map(([label, items]) => [label, items.length]);
  const model = new FakeModel({
    name: "gestures", where: "In the memory of this kernel.", counts: counts(), revision: 1, undoable: "",
  });
  model.kernel = ({ kind, request, label, offset, limit, ids }) => {
    if (kind === "there") {
      const there = new Set(Object.values(data).flatMap((items) => items.map(([id]) => id)));
      const left = (ids as string[]).filter((id) => there.has(id));
      void Promise.resolve().then(() => model.say({ kind, request, ids: left }));
    }
    if (kind !== "items") return;
    const all = (data[label as string] ?? []).map(([id, thumbnail]) => ({ id, thumbnail }));
    const items = all.slice(offset as number, (offset as number) + (limit as number));
    void Promise.resolve().then(() => model.say({ kind, request, label, offset, total: all.length, items }));
  };
  const { el, remove } = show(datasetBrowser, model);
  const change = async (traits: object = {}) => {
    model.update({ counts: counts(), revision: Number(model.get("revision")) + 1, ...traits });
    await later(1000);
  };
  const tiles = (label: string) => [...el.querySelectorAll<HTMLElement>(`[aria-label="Instances of ${label}"] > li`)];
  const button = (name: string) =>
    [...el.querySelectorAll("button")].find((one) => [text(one), one.getAttribute("aria-label")].includes(name))!;
  const selected = () => [...el.querySelectorAll("[aria-selected=true]")].length;
  const submit = async (field: HTMLInputElement, value: string) => {
    field.value = value;
    field.form!.dispatchEvent(new Event("submit", { cancelable: true }));
    await settle();
  };
  return { model, el, remove, change, tiles, button, selected, submit };
}

const many = (prefix: string, count: number): [string, string][] =>
  Array.from({ length: count }, (_, i) => [`${prefix}${i}`, PICTURE]);
const press = async (tile: HTMLElement, key: string, more: object = {}) => {
  tile.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  await settle();
};

describe("the dataset browser", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("shows the labels with their counts and pictures, and where the data live", async () => {
    const { el, tiles } = open({ wave: many("w", 70), clap: many("c", 2) });
    await settle();
    expect(text(el.querySelector("header"))).toBe("gestures 72 instances of 2 labels");
    expect(text(el.querySelector("footer"))).toBe("In the memory of this kernel.");
    expect([tiles("wave").length, tiles("clap").length]).toEqual([60, 2]);
  });

  test("turns pages, and keeps what is selected on the others", async () => {
    const { el, tiles, button, selected } = open({ wave: many("w", 130), clap: many("c", 60) });
    await settle();
    expect(el.querySelectorAll("nav")).toHaveLength(1);
    tiles("wave")[1]!.click();
    button("Next").click();
    await settle();
    expect([tiles("wave").length, tiles("wave")[0]!.getAttribute("aria-label")]).toEqual([60, "instance 61"]);
    tiles("wave")[0]!.click();
    const field = el.querySelector<HTMLInputElement>("nav input")!;
    field.value = "3";
    field.dispatchEvent(new Event("change"));
    await settle();
    expect([tiles("wave").length, button("Next").disabled, selected()]).toEqual([10, true, 0]);
    expect(text(el.querySelector(".marcelle-selection span"))).toBe("2 selected");
    expect(text(el.querySelector(".marcelle-count"))).toBe("130");
    field.value = "-1";
    field.dispatchEvent(new Event("change"));
    await settle();
    expect([field.value, selected(), button("Previous").disabled]).toEqual(["", 1, true]);
    expect(text(el.querySelector("nav span"))).toBe("1 of 3");
  });

  test("ten thousand pictures are as many tiles as one page", async () => {
    const { el, model, tiles } = open({ wave: many("w", 10_000) });
    await settle();
    expect(text(el.querySelector(".marcelle-count"))).toBe("10,000");
    expect([tiles("wave").length, model.kinds("items").length]).toEqual([60, 1]);
  });

  test("labels are text, and only pictures in text are loaded", async () => {
    const { el } = open({ [HOSTILE]: [["a", ""], ["b", "https://example.org/x.png"], ["c", PICTURE]] });
    await settle();
    expect([...el.querySelectorAll("img")].map((img) => img.getAttribute("src"))).toEqual([PICTURE]);
    expect([...el.querySelectorAll("li")].map(text)).toEqual(["1", "2", ""]);
    expect(text(el.querySelector(".marcelle-label[title^='<img']"))).toBe(HOSTILE);
  });

  test("a click selects, with Shift up to there; what is selected is relabelled or deleted", async () => {
    const { model, el, tiles, button, selected, submit } = open({ wave: many("w", 9) });
    await settle();
    tiles("wave")[2]!.click();
    tiles("wave")[5]!.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    tiles("wave")[3]!.click();
    await settle();
    expect(selected()).toBe(3);
    await submit(el.querySelector<HTMLInputElement>(".marcelle-selection input")!, " clap ");
    expect(model.kinds("relabel")).toEqual([{ kind: "relabel", label: "clap", ids: ["w2", "w4", "w5"] }]);
    expect(selected()).toBe(0);
    tiles("wave")[0]!.click();
    await settle();
    button("Delete 1").click();
    expect(model.kinds("remove")).toEqual([{ kind: "remove", ids: ["w0"] }]);
  });

  test("works from the keyboard", async () => {
    const { model, tiles, selected } = open({ wave: many("w", 5) });
    await settle();
    tiles("wave")[0]!.focus();
    await press(tiles("wave")[0]!, "ArrowRight");
    expect(document.activeElement).toBe(tiles("wave")[1]);
    expect(tiles("wave").map((tile) => tile.tabIndex)).toEqual([-1, 0, -1, -1, -1]);
    await press(tiles("wave")[1]!, " ");
    await press(tiles("wave")[1]!, "ArrowRight", { shiftKey: true });
    expect(selected()).toBe(2);
    await press(tiles("wave")[2]!, "Delete");
    expect(model.kinds("remove")).toEqual([{ kind: "remove", ids: ["w1", "w2"] }]);
    await press(tiles("wave")[2]!, "a", { ctrlKey: true });
    expect(selected()).toBe(5);
    await press(tiles("wave")[2]!, "Escape");
    expect(selected()).toBe(0);
  });

  test("a label is renamed or deleted as a whole, and what was done can be undone", async () => {
    const { model, el, button, change, submit } = open({ wave: many("w", 2), clap: many("c", 1) });
    button("Rename wave").click();
    await later(10);
    const field = el.querySelector<HTMLInputElement>(".marcelle-rename input")!;
    expect(document.activeElement).toBe(field);
    expect(field.value).toBe("wave");
    expect([field.selectionStart, field.selectionEnd]).toEqual([0, 4]);
    await submit(field, "hello");
    expect(model.kinds("rename")).toEqual([{ kind: "rename", label: "wave", to: "hello" }]);
    button("Delete label clap").click();
    expect(model.kinds("remove_label")).toEqual([{ kind: "remove_label", label: "clap" }]);
    expect(button("Undo")).toBeUndefined();
    await change({ undoable: "1 instance of 'clap' deleted" });
    expect(text(el.querySelector(".marcelle-undo"))).toBe("1 instance of 'clap' deletedUndo");
    button("Undo").click();
    expect(model.kinds("undo")).toEqual([{ kind: "undo" }]);
  });

  test("a change of the data keeps the selection that still exists", async () => {
    const data = { wave: many("w", 5), clap: many("c", 1) };
    const { tiles, selected, change } = open(data);
    await settle();
    tiles("wave")[1]!.click();
    tiles("wave")[2]!.click();
    data.wave.splice(1, 1);
    data.clap.push(...data.wave.splice(1, 1));
    await change();
    expect([tiles("wave").length, tiles("clap").length]).toEqual([3, 2]);
    expect(selected()).toBe(1);
    expect(tiles("clap")[1]!.getAttribute("aria-selected")).toBe("true");
  });

  test("many labels begin folded and are fetched when they are opened", async () => {
    const data = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`label ${i}`, many(`l${i}-`, 1)]));
    const { model, el, tiles } = open(data);
    await settle();
    expect(model.kinds("items")).toHaveLength(8);
    el.querySelectorAll<HTMLButtonElement>(".marcelle-fold")[15]!.click();
    await later(10);
    expect(tiles("label 15")).toHaveLength(1);
  });

  test("a group that is renamed goes on as it is, open or folded", async () => {
    const data: Record<string, [string, string][]> = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`label ${i}`, many(`l${i}-`, 1)]));
    const { el, button, change, submit, tiles } = open(data);
    const fold = (index: number) => el.querySelectorAll<HTMLButtonElement>(".marcelle-fold")[index]!;
    const isOpen = (index: number) => fold(index).getAttribute("aria-expanded") === "true";
    await settle();
    fold(10).click();
    fold(0).click();
    for (const [label, to] of [["label 10", "ten"], ["label 0", "zero"], ["label 9", "nine"]] as const) {
      button(`Rename ${label}`).click();
      await later(10);
      await submit(el.querySelector<HTMLInputElement>(".marcelle-rename input")!, to);
      data[to] = data[label]!;
      delete data[label];
      await change();
    }
    const shown = [...el.querySelectorAll("section")].map((section) => section.getAttribute("aria-label"));
    expect(shown.slice(9)).toEqual(["ten", "zero", "nine"]);
    expect([9, 10, 11].map(isOpen)).toEqual([true, false, false]);
    expect(tiles("ten")).toHaveLength(1);
  });

  test("an empty dataset says so, and a view that is removed leaves nothing behind", async () => {
    const { el, model, remove } = open({});
    expect(text(el)).toContain("No instances yet");
    remove();
    expect(model.listeners).toBe(0);
  });
});
