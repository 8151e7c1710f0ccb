import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import trainingPlot from "../src/training_plot";
import { FakeModel, later, settle, show, text } from "./fake_model";

/** A chart without a canvas. */
const plots = vi.hoisted(() => [] as { data: unknown[][]; removed: boolean; draws: number }[]);
vi.mock("uplot", () => ({
  default: class {
    cursor = { idx: null };
    removed = false;
    draws = 0;
    constructor(
      _: object,
      public data: unknown[][],
    ) {
      plots.push(this);
    }
    setData(data: unknown[][]) {
      this.data = data.map((column) => [...column]);
      this.draws++;
    }
    setSize() {}
    redraw() {}
    destroy() {
      this.removed = true;
    }
  },
}));

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const chart = (name: string, keys: string[], note = "") => ({ name, keys, note });
const CHARTS = [chart("loss", ["loss", "val_loss"]), chart("accuracy", ["accuracy", "val_accuracy"])];

let number: number;
let widget: FakeModel;

async function tell(...entries: object[]): Promise<void> {
  const numbered = entries.map((entry) => [++number, { epoch: null, epochs: null, run: 0, data: {}, ...entry }]);
  widget.say({ kind: "log", entries: numbered, newest: number });
  await settle();
}
const start = { status: "start", epochs: 20 };
const epoch = (n: number, data: object = { loss: 1 / n, accuracy: 0.5 }) => ({
  status: "epoch", epoch: n, epochs: 20, data,
});

function open(charts: object[] = CHARTS) {
  widget = new FakeModel({ charts });
  return show(trainingPlot, widget);
}

describe("the plot of a training", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    plots.length = 0;
    number = 0;
  });
  afterEach(() => document.body.replaceChildren());

  test("has its charts before the first epoch, and says that there is none", async () => {
    const { el } = open([chart("loss", ["loss"], "No epochs yet.")]);
    await later(200);
    expect([...el.querySelectorAll("figcaption strong")].map(text)).toEqual(["loss"]);
    expect(text(el.querySelector("figure p"))).toBe("No epochs yet.");
  });

  test("draws every epoch of each key, at most ten times a second", async () => {
    const { el } = open();
    await tell(start);
    for (let n = 1; n <= 100; n++) {
      await tell(epoch(n));
      await later(10);
    }
    await later(200);
    expect(plots).toHaveLength(2);
    expect(plots[0]!.data[0]).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(plots[0]!.data[1]![99]).toBe(0.01);
    expect(plots[0]!.data[2]).toEqual(new Array(100).fill(null));
    expect(plots[0]!.draws).toBeLessThan(15);
    const keys = [...el.querySelectorAll<HTMLElement>(".marcelle-key")];
    expect(keys.map((key) => [text(key), key.hidden])).toEqual([
      ["loss 0.010", false], ["val_loss –", true], ["accuracy 0.50", false], ["val_accuracy –", true],
    ]);
  });

  test("a key that comes late, and one that misses an epoch, leave gaps", async () => {
    open([chart("both", ["a", "b"])]);
    await tell(start, epoch(1, { a: 1 }), epoch(2, { a: 2, b: 9 }), epoch(3, { b: null }));
    await later(200);
    expect(plots[0]!.data).toEqual([[1, 2, 3], [1, 2, null], [null, 9, null]]);
  });

  test("an unknown key makes an empty chart with a note, and takes no other away", async () => {
    const { el } = open([chart("one", ["nothing"], "Not told: nothing."), chart("two", ["loss"])]);
    await tell(start, epoch(1));
    await later(200);
    expect(plots.map(({ data }) => data)).toEqual([[[1], [null]], [[1], [1]]]);
    const notes = [...el.querySelectorAll<HTMLElement>("figure p")];
    expect(notes.map((note) => [text(note), note.hidden])).toEqual([["Not told: nothing.", false], ["", true]]);
  });

  test("a start clears the curves, and the charts stay", async () => {
    open();
    await tell(start, epoch(1), epoch(2));
    await later(500);
    await tell(start, epoch(1, { loss: 7 }));
    await later(500);
    expect(plots).toHaveLength(2);
    expect(plots[0]!.data.slice(0, 2)).toEqual([[1], [7]]);
  });

  test("what was loaded has no curves, also where what came before was missed", async () => {
    open();
    await tell(start, epoch(1), epoch(2));
    number += 3;
    await tell({ status: "loaded" });
    await later(500);
    expect(plots[0]!.data[0]).toEqual([]);
    expect(widget.kinds("since")).toEqual([]);
  });

  test("a sentence stands where there are no charts", async () => {
    const { el } = open([]);
    expect(el.querySelector<HTMLElement>(".marcelle-training_plot > p")!.hidden).toBe(true);
    widget.update({ sentence: HOSTILE });
    await later(500);
    expect(text(el.querySelector(".marcelle-training_plot > p"))).toBe(HOSTILE);
    expect(el.querySelector("img, figure")).toBeNull();
    expect(el.querySelector<HTMLElement>(".marcelle-curves")!.hidden).toBe(true);
  });

  test("charts come and go as the kernel says", async () => {
    const { el } = open();
    await tell(start, epoch(1, { loss: 1, mae: 2 }));
    widget.update({ charts: [chart("loss", ["loss"]), chart("mae", ["mae"])] });
    await later(200);
    expect([...el.querySelectorAll("figcaption strong")].map(text)).toEqual(["loss", "mae"]);
    expect(plots.at(-1)!.data).toEqual([[1], [2]]);
    expect(plots.filter(({ removed }) => removed).length).toBeLessThanOrEqual(1);
  });

  test("names are text", async () => {
    const { el } = open([chart(HOSTILE, [HOSTILE], HOSTILE)]);
    await tell(epoch(1, { [HOSTILE]: 1 }));
    await later(200);
    expect(el.querySelector("img")).toBeNull();
    expect(text(el.querySelector("figcaption strong"))).toBe(HOSTILE);
  });

  test("asks for what it missed", async () => {
    open();
    await tell(start, epoch(1));
    widget.say({ kind: "pong", newest: { component: 5 } });
    expect(widget.kinds("since")).toEqual([{ kind: "since", since: 2 }]);
  });

  test("leaves nothing behind", async () => {
    const { remove } = open();
    await tell(start, epoch(1));
    await later(500);
    remove();
    expect(widget.listeners).toBe(0);
    expect(plots.every((plot) => plot.removed)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
