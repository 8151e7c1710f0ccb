import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import trainingHistory from "../src/training_history";
import { RunCurves } from "../src/lib/run_curves";
import { FakeModel, later, settle, show, text } from "./fake_model";

/** A chart without a canvas. */
vi.mock("uplot", () => ({
  default: class {
    cursor = { idx: null };
    constructor(
      _: object,
      public data: unknown[][],
    ) {}
    setData(data: unknown[][]) {
      this.data = data;
    }
    setSize() {}
    redraw() {}
    destroy() {}
  },
}));

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const COLUMNS = ["name", "status", "epochs", "accuracy", "loss", "start"];

interface Run {
  id: string;
  name: string;
  loss: number | null;
  status?: string;
  service?: string;
  message?: string;
  layers?: string;
  summary?: string;
}

/** A kernel that holds runs and answers for them. */
function open(runs: Run[], traits: object = {}) {
  const model = new FakeModel({
    where: "In the memory of this kernel.", columns: COLUMNS, actions: [], selected: [], revision: 1,
    tracked: { title: "MLP", services: ["tfjs-models"] }, notice: "", undoable: "", ...traits,
  });
  const answer = (content: Record<string, unknown>) => void Promise.resolve().then(() => model.say(content));
  model.kernel = ({ kind, request, offset, limit, sort, descending, ids, known }) => {
    if (kind === "rows") {
      const order = sort === "loss" ? [...runs].sort((a, b) => (a.loss! - b.loss!) * (descending ? -1 : 1)) : runs;
      const rows = order.slice(offset as number, (offset as number) + (limit as number)).map((run) => {
        const { id, name, loss, status = "success", service = "tfjs-models", message = "" } = run;
        const cells = [name, status, "2", 0.912345, loss, "2026-01-02T03:04:05.000Z"];
        return { id, version: status, cells, status, service, message };
      });
      answer({ kind, request, offset, total: runs.length, columns: COLUMNS, rows });
    }
    if (kind === "runs") {
      const versions = new Map(known as [string, string][]);
      const told = (ids as string[]).flatMap((id) => {
        const run = runs.find((one) => one.id === id);
        if (!run) return [];
        const version = run.status ?? "success";
        if (versions.get(id) === version) return [{ id, version }];
        return [{
          id, version, name: run.name, epochs: [1, 2], curves: { loss: [1, run.loss] }, summary: run.summary ?? "",
          params: [["layers", run.layers ?? "[64]"], ["batch", 8]], facts: [["status", version]],
        }];
      });
      answer({ kind, request, runs: told });
    }
  };
  const { el, remove } = show(trainingHistory, model);
  const rows = () => [...el.querySelectorAll<HTMLElement>(".marcelle-runs tbody tr")];
  const button = (name: string) =>
    [...el.querySelectorAll("button")].find((one) => [text(one), one.getAttribute("aria-label")].includes(name))!;
  const box = (index: number) => rows()[index]!.querySelector("input")!;
  return { model, el, remove, rows, button, box };
}

const many = (count: number): Run[] => Array.from({ length: count }, (_, i) => ({ id: `i${i}`, name: `mlp-${i}`, loss: i / 10 }));

describe("the training history", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("shows a page of runs with their last numbers", async () => {
    const { el, rows, button } = open(many(25));
    await settle();
    expect(text(el.querySelector("header"))).toContain("25 runs, recording MLP");
    expect(rows()).toHaveLength(10);
    expect([...rows()[3]!.children].map(text).slice(1, 7)).toEqual([
      "mlp-3", "success", "2", "0.9123", "0.3", expect.stringMatching(/^2026-01-0\d \d\d:04$/),
    ]);
    button("Next page").click();
    await settle();
    expect(text(rows()[0]!.children[1]!)).toBe("mlp-10");
    expect(text(el.querySelector("nav"))).toContain("Page 2 of 3");
  });

  test("every column sorts, in the kernel", async () => {
    const { model, el, rows, button } = open(many(25));
    await settle();
    button("loss").click();
    button("loss").click();
    await settle();
    expect(model.kinds("rows").at(-1)).toMatchObject({ sort: "loss", descending: true, offset: 0 });
    expect(text(rows()[0]!.children[1]!)).toBe("mlp-24");
    expect(el.querySelectorAll('th[aria-sort="descending"]')).toHaveLength(1);
    expect(el.querySelectorAll("thead th button")).toHaveLength(COLUMNS.length);
  });

  test("says where columns are hidden, and brings them into sight", async () => {
    const { el, button } = open(many(2));
    await settle();
    expect(button("More columns ▶").hidden).toBe(true);
    const box = el.querySelector<HTMLElement>(".marcelle-runs")!;
    const scrolled = vi.fn();
    Object.defineProperties(box, { scrollWidth: { value: 900 }, clientWidth: { value: 600 }, scrollBy: { value: scrolled } });
    box.dispatchEvent(new Event("scroll"));
    await settle();
    expect([button("More columns ▶").hidden, box.hasAttribute("data-more")]).toEqual([false, true]);
    button("More columns ▶").click();
    expect(scrolled).toHaveBeenCalledWith({ left: 300, behavior: "smooth" });
    box.scrollLeft = 300;
    box.dispatchEvent(new Event("scroll"));
    await settle();
    expect([button("More columns ▶").hidden, box.hasAttribute("data-more")]).toEqual([true, false]);
  });

  test("texts are text", async () => {
    const run = { id: "a", name: HOSTILE, loss: 1, status: "error", message: HOSTILE, layers: HOSTILE, summary: HOSTILE };
    const { el, box, rows } = open([run], { actions: [{ name: HOSTILE, multiple: true }], notice: HOSTILE, undoable: HOSTILE });
    await settle();
    box(0).click();
    await later(600);
    expect(text(rows()[0]!.children[1]!)).toBe(HOSTILE);
    expect(text(el.querySelector("pre"))).toBe(HOSTILE);
    expect(el.querySelector("img")).toBeNull();
  });

  test("selected runs are compared, each in a colour that stays", async () => {
    const { model, el, box, rows } = open([
      { id: "a", name: "one", loss: 0.5, layers: "[64]" }, { id: "b", name: "two", loss: 0.25, layers: "[8]" },
    ]);
    await settle();
    box(0).click();
    box(1).click();
    await later(600);
    expect(model.get("selected")).toEqual(["a", "b"]);
    const compared = el.querySelector(".marcelle-compared")!;
    expect([...compared.querySelectorAll("thead th")].map(text)).toEqual(["one", "two"]);
    expect([...compared.querySelectorAll(".marcelle-differs")].map(text)).toEqual(["layers[64][8]"]);
    const swatch = (index: number) => rows()[index]!.querySelector("i")!.getAttribute("style");
    const [first, second] = [swatch(0), swatch(1)];
    expect(first).not.toBe(second);
    box(0).click();
    await later(600);
    expect(swatch(1)).toBe(second);
    expect(swatch(0)).toBeFalsy();
    expect([...el.querySelectorAll(".marcelle-key")].map(text)).toEqual(["two 0.25"]);
  });

  test("a selected run is followed, and what is known is not sent again", async () => {
    const runs: Run[] = [{ id: "a", name: "one", loss: 0.5, status: "epoch" }, { id: "b", name: "two", loss: 0.25 }];
    const { model, el } = open(runs, { selected: ["a", "b"] });
    await later(600);
    runs[0]!.loss = 0.125;
    runs[0]!.status = "success";
    for (let i = 2; i < 12; i++) model.update({ revision: i });
    await later(2_000);
    expect(model.kinds("runs").length).toBeLessThanOrEqual(4);
    expect(model.kinds("runs").at(-1)).toMatchObject({ known: [["a", expect.any(String)], ["b", "success"]] });
    expect([...el.querySelectorAll(".marcelle-key b")].map(text)).toEqual(["0.13", "0.25"]);
  });

  test("buttons name the run that they act on", async () => {
    const { model, button, box } = open(many(3), {
      actions: [{ name: "use", multiple: false }, { name: "compare", multiple: true }],
    });
    await settle();
    button("use mlp-1").click();
    button("Restore mlp-2").click();
    button("Delete mlp-0").click();
    expect(model.kinds("action")).toEqual([{ kind: "action", name: "use", ids: ["i1"], multiple: false }]);
    expect(model.kinds("restore")).toEqual([{ kind: "restore", id: "i2" }]);
    expect(model.kinds("remove")).toEqual([{ kind: "remove", ids: ["i0"] }]);
    box(0).click();
    box(2).click();
    await settle();
    expect(button("use")).toBeDefined();
    const several = [...document.querySelectorAll<HTMLButtonElement>("div.marcelle-row button")];
    expect(several.map(text)).toEqual(["compare", "Delete selected", "Select none"]);
    several[0]!.click();
    several[1]!.click();
    expect(model.kinds("action").at(-1)).toEqual({ kind: "action", name: "compare", ids: ["i0", "i2"], multiple: true });
    expect(model.kinds("remove").at(-1)).toEqual({ kind: "remove", ids: ["i0", "i2"] });
    several[2]!.click();
    expect(model.get("selected")).toEqual([]);
  });

  test("what cannot be done is disabled and says why", async () => {
    const { model, button } = open([
      { id: "a", name: "none", loss: 1, service: "" }, { id: "b", name: "other", loss: 1, service: "kmeans-models" },
      { id: "c", name: "runs", loss: 1, status: "epoch" },
    ]);
    await settle();
    expect([button("Restore none").disabled, button("Restore none").title]).toEqual([true, "This run has kept no model"]);
    expect(button("Restore other").title).toContain("another kind of model than MLP");
    expect([button("Delete runs").disabled, button("Restore runs").disabled]).toEqual([true, false]);
    model.update({ tracked: { title: "", services: [] } });
    await settle();
    expect(button("Restore runs").title).toContain("No model is tracked");
  });

  test("a deletion can be undone", async () => {
    const { model, el, button } = open(many(2));
    await settle();
    expect(button("Undo")).toBeUndefined();
    model.update({ undoable: "mlp-1 deleted" });
    await settle();
    expect(text(el.querySelector("p[role=status]"))).toBe("mlp-1 deletedUndo");
    button("Undo").click();
    expect(model.kinds("undo")).toHaveLength(1);
  });

  test("an empty history says what to do, and a view that is removed leaves nothing behind", async () => {
    const { el, model, remove } = open([], { tracked: { title: "", services: [] } });
    await settle();
    expect(text(el)).toContain("No runs yet: call track(model), and train it");
    remove();
    expect(model.listeners).toBe(0);
  });
});

test("a run's line goes on where only others have epochs, and ends at its own end", () => {
  const curves = new RunCurves();
  const run = (id: string, epochs: number[], loss: (number | null)[]) => ({ id, name: id, color: "red", epochs, curves: { loss } });
  curves.show([run("a", [1, 4], [3, 2]), run("b", [1, 2, 3], [9, null, 7]), { ...run("c", [1], []), curves: {} }]);
  const [name] = curves.names();
  expect(curves.title(name!)).toBe("loss");
  expect(curves.columns(name!)).toEqual([
    [1, 2, 3, 4], [3, undefined, undefined, 2], [9, null, 7, null], [null, null, null, null],
  ]);
});
