import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import datasetScatter from "../src/dataset_scatter";
import { Plane, tickText } from "../src/lib/plane";
import { PointGrid } from "../src/lib/point_grid";
import { Points } from "../src/lib/points";
import { isWithin } from "../src/lib/point_finder";
import { FakeModel, later, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const PICTURE = "data:image/jpeg;base64,AAAA";

type Point = [x: number, y: number, code: number];

/** Buffers as they arrive: somewhere inside a larger one. */
function views(...arrays: (Float64Array | Uint16Array | Uint32Array)[]): DataView[] {
  return arrays.map((array) => {
    const bytes = new Uint8Array(array.byteLength + 3);
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), 3);
    return new DataView(bytes.buffer, 3, array.byteLength);
  });
}

const places = (points: Point[]) => new Float64Array(points.flatMap(([x, y]) => [x, y]));
const codes = (points: Point[]) => new Uint16Array(points.map(([, , code]) => code));

/** The corners and the middle of a square. */
const FIVE: Point[] = [[0, 0, 0], [10, 0, 1], [10, 10, 0], [0, 10, 1], [5, 5, 2]];

function open(points: Point[] = FIVE, traits: object = {}, labels = ["wave", HOSTILE, ""]) {
  const model = new FakeModel({
    name: "gestures", where: "In the memory of this kernel.", x: 0, y: 1, color: "y", given: false,
    fields: { axes: ["score"], colors: ["y", "score"], size: 64 }, reading: null, newest: [1, 0], ...traits,
  });
  const say = (newest: number[] = [1, 0]) =>
    model.say({ kind: "points", newest, total: points.length, labels }, views(places(points), codes(points)));
  model.kernel = ({ kind, reading, request, point }, buffers) => {
    if (kind === "points") void Promise.resolve().then(() => say());
    if (kind === "select") {
      const view = new DataView(buffers[0]!);
      void Promise.resolve().then(() => model.say({ kind: "selected", reading, request }, [view]));
    }
    if (kind === "hover" && (point as number) >= 0) {
      const about = [["x", "1, 2"], ["score", 0.5]];
      void Promise.resolve().then(() => model.say({ kind: "instance", reading, point, id: "i", picture: PICTURE, about }));
    }
  };
  const { el, remove } = show(datasetScatter, model);
  const plane = el.querySelector<HTMLElement>(".marcelle-plane")!;
  const over = [...plane.querySelectorAll("canvas")].at(-1)!;
  // as large as the plane is where nothing has a size
  const view = new Plane();
  view.fit([0, 0, 10, 10]);
  const at = (x: number, y: number) => ({ clientX: view.x(x), clientY: view.y(y) });
  const pointer = async (kind: string, x: number, y: number, more: object = {}) => {
    over.dispatchEvent(new PointerEvent(`pointer${kind}`, { bubbles: true, button: 0, pointerId: 1, ...at(x, y), ...more }));
    await later(100);
  };
  const click = async (x: number, y: number, more: object = {}) => {
    await pointer("down", x, y, more);
    await pointer("up", x, y, more);
  };
  const drag = async (path: [number, number][], more: object = {}) => {
    await pointer("down", ...path[0]!, more);
    for (const place of path.slice(1)) await pointer("move", ...place, more);
    await pointer("up", ...path.at(-1)!, more);
  };
  const press = async (key: string, more: object = {}) => {
    plane.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    await later(100);
  };
  const chosen = () => {
    const sent = model.sent.filter(({ content }) => content.kind === "select").at(-1);
    return sent ? [...new Uint32Array(sent.buffers[0]!)] : null;
  };
  const button = (name: string) =>
    [...el.querySelectorAll("button")].find((one) => [text(one), one.getAttribute("aria-label")].includes(name))!;
  return { model, el, remove, plane, over, say, pointer, click, drag, press, chosen, button, at };
}

describe("the dataset scatter", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("asks for the points, and shows the labels with their counts as text", async () => {
    const { model, el } = open();
    await settle();
    expect(model.kinds("points")).toHaveLength(1);
    expect(text(el.querySelector("header"))).toContain("gestures 5 instances");
    expect([...el.querySelectorAll(".marcelle-legend button")].map(text)).toEqual(["wave 2", `${HOSTILE} 2`, "no label 1"]);
    expect(el.querySelector("img[src=x]")).toBeNull();
  });

  test("numbers have a scale of colours, told with its range, and are hidden together", async () => {
    const { model, el, button } = open();
    await settle();
    const here: Point[] = [[0, 0, 65_533], [10, 0, 65_533], [10, 10, 0], [0, 10, 65_533]];
    model.say({ kind: "points", newest: [2, 0], total: 4, labels: ["wave"] }, views(places(here), codes(here), new Float64Array([0.25, 1500, NaN, 3])));
    await settle();
    const legend = () => [...el.querySelectorAll(".marcelle-legend button")].map(text);
    expect(legend()).toEqual(["wave 1", "0.25 to 1500 3"]);
    expect(el.querySelector<HTMLElement>(".marcelle-legend em")!.style.background).toContain("linear-gradient");
    const moved: Point[] = [[0, 0, 65_533], [10, 0, 0]];
    model.say({ kind: "moved", newest: [2, 1], total: 4, labels: ["wave"] }, views(new Uint32Array([0, 1]), places(moved), codes(moved), new Float64Array([-1, NaN])));
    await settle();
    expect(legend()).toEqual(["wave 2", "-1 to 3 2"]);
    button("-1 to 3 2").click();
    await settle();
    expect(button("-1 to 3 2").getAttribute("aria-pressed")).toBe("false");
  });

  test("what is hidden is a label, whatever its code", async () => {
    const { model, el, button } = open();
    await settle();
    button("wave 2").click();
    await settle();
    const hidden = () => [...el.querySelectorAll(".marcelle-legend [aria-pressed=false]")].map(text);
    expect(hidden()).toEqual(["wave 2"]);
    const now: Point[] = [[0, 0, 0], [10, 0, 1]];
    model.say({ kind: "points", newest: [2, 0], total: 2, labels: ["new", "wave"] }, views(places(now), codes(now)));
    await settle();
    expect(hidden()).toEqual(["wave 1"]);
  });

  test("a label that is called as a group without one is hidden alone", async () => {
    const names = ["no label", "", "numbers", "other labels"];
    const here: Point[] = [[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 65_533], [5, 5, 65_535]];
    const { el, model } = open([], {}, []);
    await settle();
    const values = new Float64Array([NaN, NaN, NaN, NaN, 0.5, NaN]);
    model.say({ kind: "points", newest: [2, 0], total: 6, labels: names }, views(places(here), codes(here), values));
    await settle();
    const buttons = () => [...el.querySelectorAll<HTMLElement>(".marcelle-legend button")];
    expect(buttons().map(text)).toEqual(["no label 1", "no label 1", "numbers 1", "other labels 1", "0.5 to 0.5 1", "other labels 1"]);
    for (const [place] of names.entries()) {
      buttons()[place]!.click();
      await settle();
      expect(buttons().map((one) => one.getAttribute("aria-pressed") === "false")).toEqual(here.map((_, i) => i === place));
      buttons()[place]!.click();
      await settle();
    }
  });

  test("what was hidden of one colouring is shown in the next", async () => {
    const { el, model, button } = open();
    await settle();
    button("wave 2").click();
    await settle();
    const hidden = () => el.querySelectorAll(".marcelle-legend [aria-pressed=false]").length;
    expect(hidden()).toBe(1);
    model.update({ color: "score" });
    await settle();
    expect(hidden()).toBe(0);
  });

  test("labels beyond the colours have other shapes", async () => {
    const all = Array.from({ length: 50 }, (_, i): Point => [i, i, i]);
    const { el } = open(all, {}, all.map((_, i) => `label ${i}`));
    await settle();
    const looks = [...el.querySelectorAll<HTMLElement>(".marcelle-legend i")].map((mark) => `${mark.className} ${mark.style.background}`);
    expect(new Set(looks).size).toBe(50);
  });

  test("nothing to show is said", async () => {
    const { el } = open([], {}, []);
    await settle();
    expect(text(el.querySelector("header"))).toContain("No instances yet");
  });

  test("says what has no place", async () => {
    const { el } = open([[1, 1, 0], [NaN, 1, 0], [NaN, NaN, 65_534]]);
    await settle();
    expect(text(el.querySelector("header"))).toContain("3 instances, 2 without a place here");
  });

  test("a point under the pointer is told, and its thumbnail shown", async () => {
    const { model, el, pointer } = open();
    await settle();
    await pointer("move", 10, 10);
    expect(model.kinds("hover")).toEqual([{ kind: "hover", reading: 1, point: 2 }]);
    expect(el.querySelector(".marcelle-tip img")!.getAttribute("src")).toBe(PICTURE);
    expect(text(el.querySelector(".marcelle-tip"))).toBe("wave x: 1, 2score: 0.5");
    await pointer("leave", 10, 10);
    expect(el.querySelector(".marcelle-tip")).toBeNull();
    expect(model.kinds("hover").at(-1)).toEqual({ kind: "hover", reading: 1, point: -1 });
  });

  test("a click tells the point and selects it, Ctrl adds and takes away, beside all points none is", async () => {
    const { model, el, click, chosen } = open();
    await settle();
    await click(0, 0);
    expect(model.kinds("click")).toEqual([{ kind: "click", reading: 1, point: 0 }]);
    expect(chosen()).toEqual([0]);
    await click(5, 5, { ctrlKey: true });
    expect(chosen()).toEqual([0, 4]);
    expect(text(el.querySelector("header"))).toContain("2 selected");
    await click(0, 0, { ctrlKey: true });
    expect(chosen()).toEqual([4]);
    await click(7.5, 2.5);
    expect(chosen()).toEqual([]);
    expect(model.kinds("click")).toHaveLength(3);
  });

  test("a rectangle selects what is inside, with Ctrl in addition", async () => {
    const { drag, chosen } = open();
    await settle();
    await drag([[-0.4, -0.4], [6, 6]]);
    expect(chosen()).toEqual([0, 4]);
    await drag([[10.4, 10.4], [8, 8]], { ctrlKey: true });
    expect(chosen()).toEqual([0, 4, 2]);
  });

  test("a lasso selects what it goes around", async () => {
    const { drag, chosen, button } = open();
    await settle();
    button("Lasso").click();
    await drag([[-0.4, -0.4], [10.4, -0.4], [10.4, 2], [5, 4], [-0.4, 2]]);
    expect(chosen()).toEqual([0, 1]);
  });

  test("labels that are hidden are neither found nor selected", async () => {
    const { el, drag, chosen } = open();
    await settle();
    el.querySelector<HTMLElement>(".marcelle-legend button")!.click();
    await later(10);
    expect(el.querySelector(".marcelle-legend button")!.getAttribute("aria-pressed")).toBe("false");
    await drag([[-0.4, -0.4], [10.4, 10.4]]);
    expect(chosen()!.sort()).toEqual([1, 3, 4]);
  });

  test("the wheel zooms in on the pointer, and moving the plane selects nothing", async () => {
    const { over, at, drag, chosen, click, model, button, plane } = open();
    await settle();
    over.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, deltaY: -300, ...at(5, 5) }));
    await drag([[5, 5], [8, 8]], { shiftKey: true });
    await click(8, 8);
    expect(chosen()).toEqual([4]);
    button("Fit").click();
    await click(5, 5);
    expect(model.kinds("click").at(-1)).toMatchObject({ point: 4 });
    plane.focus();
  });

  test("a turn of the wheel that began on the page goes on with the page", async () => {
    const { over, at } = open();
    await settle();
    const turn = (target: Element) => {
      const event = new WheelEvent("wheel", { bubbles: true, cancelable: true, deltaY: -300, ...at(5, 5) });
      target.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(turn(document.body)).toBe(false);
    expect(turn(over)).toBe(false);
  });

  test("works from the keyboard", async () => {
    const { plane, press, chosen, model, el } = open();
    await settle();
    plane.focus();
    await press("ArrowRight", { shiftKey: true });
    await press("Enter");
    expect(chosen()).toEqual([4]);
    expect(model.kinds("click")).toEqual([{ kind: "click", reading: 1, point: 4 }]);
    await press("ArrowUp", { shiftKey: true });
    expect(text([...el.querySelectorAll("[role=status]")].at(-1)!)).toMatch(/^wave, 10\.0, 10\.0|^<img/);
    await press("Enter", { ctrlKey: true });
    expect(chosen()).toHaveLength(2);
    await press("a", { ctrlKey: true });
    expect(chosen()).toEqual([0, 1, 2, 3, 4]);
    await press("Escape");
    expect(chosen()).toEqual([]);
    for (const key of ["+", "-", "ArrowLeft", "0"]) await press(key);
    expect(el.querySelector("[role=alert]")!.textContent).toBe("");
  });

  test("takes the changes of the kernel, and asks anew where it missed one", async () => {
    const { model, el } = open();
    await settle();
    const move = (newest: number[], number: number, point: Point) =>
      model.say({ kind: "moved", newest, total: 6, labels: ["wave", "clap", "", "new"] },
        views(new Uint32Array([number]), places([point]), codes([point])));
    move([1, 1], 5, [3, 3, 3]);
    model.update({ newest: [1, 1] });
    await later(2_000);
    expect([...el.querySelectorAll(".marcelle-legend button")].map(text).at(-1)).toBe("new 1");
    expect(model.kinds("points")).toHaveLength(1);
    model.update({ newest: [1, 3] });
    move([1, 3], 5, [3, 3, 0]);
    await later(2_000);
    expect(model.kinds("points")).toHaveLength(2);
  });

  test("the kernel selects, and the newest choice of the page wins over an older answer", async () => {
    const { model, el, click } = open();
    await settle();
    model.say({ kind: "selected", reading: 1, request: 0 }, views(new Uint32Array([1, 2, 3])));
    await settle();
    expect(text(el.querySelector("header"))).toContain("3 selected");
    model.kernel = () => {};
    await click(0, 0);
    model.say({ kind: "selected", reading: 1, request: 0 }, views(new Uint32Array([1, 2, 3])));
    await settle();
    expect(text(el.querySelector("header"))).toContain("1 selected");
    const { request } = model.kinds("select").at(-1)!;
    model.say({ kind: "selected", reading: 1, request }, views(new Uint32Array([0, 1])));
    await settle();
    expect(text(el.querySelector("header"))).toContain("2 selected");
  });

  test("axes and colours are chosen in the page", async () => {
    const { model, el } = open();
    await settle();
    const [x, , color] = [...el.querySelectorAll("select")];
    const change = (field: HTMLElement & { value: string }, value: string) => {
      field.value = value;
      field.dispatchEvent(new Event("change"));
    };
    change(el.querySelector<HTMLInputElement>("input[type=number]")!, "12");
    change(x!, "_score");
    change(color!, "score");
    expect(model.saved).toEqual([["x", 12], ["x", "score"], ["color", "score"]]);
    model.update({ given: true });
    await settle();
    expect(text(el.querySelector(".marcelle-tools"))).toContain("Axes: given coordinates");
  });

  test("says how far the reading is, and a view that is removed leaves nothing behind", async () => {
    const { el, model, remove } = open(FIVE, { reading: 4_000 });
    await settle();
    expect(text(el.querySelector("header"))).toContain("reading: 4,000 so far …");
    remove();
    expect(model.listeners).toBe(0);
  });
});

describe("the plane", () => {
  test("a pixel and its place are one, and zooming keeps the place", () => {
    const plane = new Plane();
    plane.fit([-3, 100, 5, 200]);
    const place = plane.at(70, 30);
    expect([plane.x(place[0]), plane.y(place[1])].map(Math.round)).toEqual([70, 30]);
    plane.zoom(0.1, [70, 30]);
    expect(plane.at(70, 30)[1]).toBeCloseTo(place[1]);
    plane.pan(10, -5);
    expect(plane.at(80, 25)[0]).toBeCloseTo(place[0]);
  });

  test("it holds one point, none, and what is as far apart as numbers can be", () => {
    const plane = new Plane();
    for (const box of [null, [3, 3, 3, 3], [0, 0, 0, 0], [-1e200, 0, 1e200, 1]] as const) {
      plane.fit(box && [...box]);
      for (let i = 0; i < 200; i++) plane.zoom(i < 100 ? 0.5 : 2);
      expect(plane.view.every(Number.isFinite)).toBe(true);
      expect(plane.ticks(0, 80).every(Number.isFinite)).toBe(true);
    }
  });

  test("its ticks are round numbers", () => {
    const plane = new Plane();
    [plane.width, plane.height, plane.view] = [560, 440, [-0.03, 0, 1.02, 12_000_000]];
    expect(plane.ticks(0, 80).map(tickText)).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    expect(plane.ticks(1, 50).map(tickText).slice(0, 3)).toEqual(["0", "2e6", "4e6"]);
  });
});

test("the grid finds what is near, wherever the points are", () => {
  const random = (seed: number) => Math.abs(Math.sin(seed * 12.9898) * 43758.5453) % 1;
  const many: Point[] = Array.from({ length: 3_000 }, (_, i) => [random(i), i % 50 === 0 ? NaN : random(i + 0.5) ** 8, 0]);
  const points = new Points();
  points.receive({ kind: "points", newest: [1, 0], total: 3_000, labels: ["a"] }, views(places(many), codes(many)));
  const grid = new PointGrid(points);
  for (let turn = 0; turn < 20; turn++) {
    const [x, y, r] = [random(turn + 7), random(turn + 9), 0.08];
    const near = (i: number) => Math.hypot(points.xy[2 * i]! - x, points.xy[2 * i + 1]! - y) <= r;
    const found: number[] = [];
    grid.around([x - r, y - r, x + r, y + r], (point) => found.push(point));
    const all = many.flatMap((_, i) => (points.isPlaced(i) && near(i) ? [i] : []));
    expect(found.filter(near).sort((a, b) => a - b)).toEqual(all);
  }
});

test("a place is within an outline where a ray crosses it an odd number of times", () => {
  const outline: [number, number][] = [[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]];
  expect([isWithin([2, 2], outline), isWithin([5, 5], outline), isWithin([9, 5], outline), isWithin([11, 5], outline)]).toEqual([true, false, true, false]);
});
