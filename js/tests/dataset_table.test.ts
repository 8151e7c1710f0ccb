import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import datasetTable from "../src/dataset_table";
import { FakeModel, later, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const PICTURE = "data:image/jpeg;base64,AAAA";

interface Instance {
  id: string;
  y: string;
  score: number;
}

/** A kernel that holds instances and answers for them. */
function open(data: Instance[], traits: object = {}) {
  const model = new FakeModel({
    name: "gestures", where: "In the memory of this kernel.", columns: ["thumbnail", "y", "score", "createdAt"],
    fields: ["thumbnail", "y", "x", "score", "createdAt", "updatedAt", "id"], selection: [], single_selection: false,
    revision: 1, ...traits,
  });
  const answer = (content: Record<string, unknown>) => void Promise.resolve().then(() => model.say(content));
  const silence = { on: false };
  model.kernel = ({ kind, request, offset, limit, sort, descending, ids, first, last }) => {
    if (silence.on) return;
    if (kind === "range") {
      const all = data.map((one) => one.id);
      const ends = [first, last].map((id) => all.indexOf(id as string)).sort((a, b) => a - b);
      const selection = first === "" ? all : all.slice(ends[0], ends[1]! + 1);
      void Promise.resolve().then(() => model.update({ selection }));
    }
    if (kind === "rows") {
      const columns = model.get("columns") as string[];
      const key = sort as keyof Instance;
      const order = [...data].sort((a, b) => (key ? (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0) * (descending ? -1 : 1) : 0));
      const rows = order.slice(offset as number, (offset as number) + (limit as number)).map((one) => ({
        id: one.id, version: one.y,
        cells: columns.map((name) => (name === "createdAt" ? "2026-01-02T03:04:05.000Z" : (one as unknown as Record<string, unknown>)[name] ?? null)),
      }));
      answer({ kind, request, offset, total: data.length, columns, rows });
    }
    if (kind === "pictures") answer({ kind, request, pictures: (ids as string[]).map((id) => [id, PICTURE]) });
  };
  const { el, remove } = show(datasetTable, model);
  const rows = () => [...el.querySelectorAll<HTMLElement>("tbody tr")];
  const cells = (index: number) => rows().map((row) => text(row.children[index]!));
  const button = (name: string) =>
    [...el.querySelectorAll("button")].find((one) => [text(one), one.getAttribute("aria-label")].includes(name))!;
  const selected = () => model.get("selection") as string[];
  const click = async (index: number, more: object = {}) => {
    rows()[index]!.dispatchEvent(new MouseEvent("click", { bubbles: true, ...more }));
    await settle();
  };
  const press = async (key: string, more: object = {}) => {
    document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    await later(10);
  };
  return { model, el, remove, rows, cells, button, selected, click, press, silence };
}

const many = (count: number): Instance[] =>
  Array.from({ length: count }, (_, i) => ({ id: `i${i}`, y: "ab"[i % 2]!, score: (i * 7) % count }));

describe("the dataset table", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("shows a page of rows with their thumbnails, and how many there are", async () => {
    const { model, el, rows, cells } = open(many(10_000));
    await settle();
    expect(text(el.querySelector("header"))).toContain("gestures 10,000 instances");
    expect(rows()).toHaveLength(20);
    expect(cells(1).slice(0, 3)).toEqual(["a", "b", "a"]);
    expect(cells(3)[0]).toMatch(/^2026-01-0\d \d\d:04:05$/);
    expect(el.querySelectorAll(`img[src="${PICTURE}"]`)).toHaveLength(20);
    expect(model.kinds("rows")).toHaveLength(1);
    expect(text(el.querySelector("nav"))).toContain("of 500");
    expect(text(el.querySelector("footer"))).toBe("In the memory of this kernel.");
  });

  test("texts are text", async () => {
    const { el, cells } = open([{ id: "a", y: HOSTILE, score: 1 }], { name: HOSTILE });
    await settle();
    expect(cells(1)).toEqual([HOSTILE]);
    expect(el.querySelector("img[src=x]")).toBeNull();
  });

  test("turns pages by buttons, by number, and by keys", async () => {
    const { model, el, button, rows, press } = open(many(95));
    await settle();
    button("Next page").click();
    await settle();
    expect(model.kinds("rows").at(-1)).toMatchObject({ offset: 20, limit: 20 });
    const field = el.querySelector<HTMLInputElement>("nav input")!;
    field.value = "99";
    field.dispatchEvent(new Event("change"));
    await settle();
    expect(rows()).toHaveLength(15);
    expect(field.value).toBe("5");
    expect(button("Next page").disabled).toBe(true);
    rows()[0]!.focus();
    await press("ArrowUp");
    expect(model.kinds("rows").at(-1)).toMatchObject({ offset: 60 });
    expect(document.activeElement).toBe(rows()[19]);
    await press("PageUp");
    expect(model.kinds("rows").at(-1)).toMatchObject({ offset: 40 });
    await press("Home", { ctrlKey: true });
    expect(model.kinds("rows").at(-1)).toMatchObject({ offset: 0 });
  });

  test("another page size keeps the first row in sight", async () => {
    const { model, el, button } = open(many(95));
    await settle();
    button("Last page").click();
    await settle();
    const sizes = el.querySelector<HTMLSelectElement>("nav select")!;
    sizes.value = "50";
    sizes.dispatchEvent(new Event("change"));
    await settle();
    expect(model.kinds("rows").at(-1)).toMatchObject({ offset: 50, limit: 50 });
  });

  test("a click on a head sorts, a second one the other way round, a third not at all", async () => {
    const { model, el, button, cells } = open(many(9));
    await settle();
    button("score").click();
    await settle();
    expect(cells(2)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    expect(el.querySelector("[aria-sort=ascending]")).not.toBeNull();
    el.querySelectorAll<HTMLButtonElement>("thead button")[1]!.click();
    await settle();
    expect(cells(2)[0]).toBe("8");
    el.querySelectorAll<HTMLButtonElement>("thead button")[1]!.click();
    await settle();
    expect(model.kinds("rows").at(-1)).toMatchObject({ sort: "", offset: 0 });
  });

  test("a click selects a row, Ctrl one more, Shift up to there; and each is told", async () => {
    const { model, rows, selected, click } = open(many(9));
    await settle();
    await click(2);
    expect(selected()).toEqual(["i2"]);
    await click(5, { ctrlKey: true });
    expect(selected()).toEqual(["i2", "i5"]);
    await click(7, { shiftKey: true });
    expect(selected()).toEqual(["i5", "i6", "i7"]);
    await click(6, { ctrlKey: true });
    expect(selected()).toEqual(["i5", "i7"]);
    expect(rows().map((row) => row.getAttribute("aria-selected") === "true").indexOf(true)).toBe(5);
    expect(model.kinds("clicked").map(({ id }) => id)).toEqual(["i2", "i5", "i7", "i6"]);
    expect(model.saved.at(-1)).toEqual(["selection", ["i5", "i7"]]);
  });

  test("works from the keyboard", async () => {
    const { model, rows, selected, press } = open(many(9));
    await settle();
    rows()[0]!.focus();
    await press("ArrowDown");
    await press(" ");
    await press("ArrowDown", { shiftKey: true });
    await press("ArrowDown", { shiftKey: true });
    expect(selected()).toEqual(["i1", "i2", "i3"]);
    expect(rows().map((row) => row.tabIndex).indexOf(0)).toBe(3);
    await press("a", { ctrlKey: true });
    expect(selected()).toHaveLength(9);
    await press("Escape");
    expect(selected()).toEqual([]);
    await press("Enter");
    expect(selected()).toEqual(["i3"]);
    expect(model.kinds("clicked")).toEqual([{ kind: "clicked", id: "i3" }]);
  });

  test("Shift and Select all reach rows of other pages", async () => {
    const { model, selected, click, button, press, rows } = open(many(95));
    await settle();
    await click(18);
    button("Next page").click();
    await settle();
    await click(2, { shiftKey: true });
    expect(selected()).toEqual(["i18", "i19", "i20", "i21", "i22"]);
    expect(model.kinds("range").at(-1)).toMatchObject({ first: "i18", last: "i22", adds: false, sort: "", descending: false });
    button("Select all").click();
    await settle();
    expect(selected()).toHaveLength(95);
    expect(button("Select all").hidden).toBe(true);
    button("First page").click();
    await settle();
    await click(19);
    rows()[19]!.focus();
    await press("ArrowDown", { shiftKey: true });
    expect(selected()).toEqual(["i19", "i20"]);
    await press("ArrowDown", { shiftKey: true });
    expect(selected()).toEqual(["i19", "i20", "i21"]);
  });

  test("one row alone is selected where the kernel wants it so", async () => {
    const { rows, selected, click, press, button } = open(many(9), { single_selection: true });
    await settle();
    await click(2);
    await click(5, { shiftKey: true });
    expect(selected()).toEqual(["i5"]);
    rows()[5]!.focus();
    await press("a", { ctrlKey: true });
    expect(selected()).toEqual(["i5"]);
    expect(button("Select all").hidden).toBe(true);
  });

  test("follows changes, at most twice a second, and leaves a page that is gone", async () => {
    const data = many(45);
    const { model, button, rows } = open(data);
    await settle();
    button("Last page").click();
    await later(1_000);
    data.length = 30;
    for (let i = 2; i < 12; i++) model.update({ revision: i });
    await later(1_000);
    expect(rows()).toHaveLength(10);
    expect(model.kinds("rows").length).toBeLessThanOrEqual(5);
  });

  test("columns are chosen in the page", async () => {
    const { model, el, rows } = open(many(3));
    await settle();
    const boxes = [...el.querySelectorAll<HTMLLabelElement>("details label")];
    expect(boxes.map(text)).toEqual(["thumbnail", "y", "score", "createdAt", "x", "updatedAt", "id"]);
    boxes[6]!.querySelector("input")!.click();
    await later(1_000);
    expect(model.get("columns")).toEqual(["thumbnail", "y", "score", "createdAt", "id"]);
    expect(text(rows()[0]!.lastElementChild)).toBe("i0");
  });

  test("an answer that is lost is asked for again", async () => {
    const { model, rows, silence, button } = open(many(45));
    await settle();
    silence.on = true;
    button("Next page").click();
    await later(100);
    silence.on = false;
    await later(11_000);
    expect(model.kinds("rows").at(-1)).toMatchObject({ offset: 20 });
    expect(rows()).toHaveLength(20);
  });

  test("an empty dataset says so, and a view that is removed leaves nothing behind", async () => {
    const { el, model, remove } = open([]);
    await settle();
    expect(text(el)).toContain("No instances yet");
    remove();
    expect(model.listeners).toBe(0);
  });
});
