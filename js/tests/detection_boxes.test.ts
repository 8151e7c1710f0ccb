import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import detectionBoxes from "../src/detection_boxes";
import { inkOn, type Mark, summary } from "../src/lib/marks";
import { colorOf } from "../src/lib/palette";
import { FakeModel, later, settle, show, text } from "./fake_model";
import { type FakePictures, fakePictures, picture } from "./fake_pictures";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const mark = (label: string, percent = 90, box: Mark["box"] = [10, 20, 30, 40], color = 0): Mark => ({ label, percent, box, color });

let fake: FakePictures;
beforeEach(() => {
  vi.useFakeTimers();
  fake = fakePictures();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function shown(marks: Mark[] | null, number = 1): Promise<{ model: FakeModel; el: HTMLElement; remove: () => void }> {
  const model = new FakeModel({});
  const { el, remove } = show(detectionBoxes, model);
  model.say(...picture(number, { marks }));
  await settle();
  return { model, el, remove };
}

describe("detection boxes", () => {
  test("draws each box in the canvas's own pixels, the surest last", async () => {
    await shown([mark("dog", 92, [10, 20, 30, 40], 17), mark("cat", 61, [100, 50, 20, 10], 15)]);
    const boxes = fake.calls.filter(([name]) => name === "strokeRect").map(([, ...values]) => values);
    // each with a rim
    expect(boxes).toEqual([[240, 120, 48, 24], [240, 120, 48, 24], [24, 48, 72, 96], [24, 48, 72, 96]]);
    expect(fake.texts()).toEqual(["cat 61 %", "dog 92 %"]);
    const strokes = fake.calls.filter(([name]) => name === "strokeStyle").map(([, color]) => color);
    expect(strokes).toEqual([inkOn(colorOf(15)), colorOf(15), inkOn(colorOf(17)), colorOf(17)]);
  });

  test("lists what was found, and the canvas is named after it", async () => {
    const { el } = await shown([mark("person"), mark("dog", 61), mark("person", 55)]);
    expect([...el.querySelectorAll("li")].map(text)).toEqual(["person 90 %", "dog 61 %", "person 55 %"]);
    expect(el.querySelector("canvas")!.ariaLabel).toBe("Picture: 2 × person, dog");
    expect(el.querySelector("ul")!.getAttribute("tabindex")).toBe("0");
  });

  test("a label stays within the picture where its box does not", async () => {
    await shown([mark("dog", 90, [-50, -80, 500, 500])]);
    const [, x, y] = fake.calls.find(([name]) => name === "fillRect")!;
    expect([x, y]).toEqual([0, 0]);
  });

  test("what is no box is in the list alone", async () => {
    const { el } = await shown([mark("dog", 90, null)]);
    expect(fake.calls.filter(([name]) => name === "strokeRect")).toEqual([]);
    expect(text(el.querySelector("li"))).toBe("dog 90 %");
  });

  test("tells nothing found from no detections yet", async () => {
    expect(text((await shown([])).el)).toBe("Nothing found");
    expect(text((await shown(null)).el)).toBe("No detections yet");
  });

  test("a hostile label is text", async () => {
    const { el } = await shown([mark(HOSTILE)]);
    expect(el.querySelector("img")).toBeNull();
    expect(text(el.querySelector(".marcelle-label"))).toBe(HOSTILE);
  });

  test("a long label is shortened in the picture, not in the list", async () => {
    const { el } = await shown([mark("a".repeat(100))]);
    expect(fake.texts()).toEqual([`${"a".repeat(39)}… 90 %`]);
    expect(text(el.querySelector(".marcelle-label"))).toHaveLength(100);
  });

  test("reads out what stays, not twenty a second", async () => {
    const { model, el } = await shown([mark("dog")]);
    const status = el.querySelector("[role=status]")!;
    for (let i = 2; i < 40; i++) {
      model.say(...picture(i, { marks: i % 2 ? [mark("dog")] : [mark("cat")] }));
      await later(50);
    }
    expect(text(status)).toBe("");
    await later(1000);
    expect(text(status)).toBe("dog");
  });

  test("a removed view leaves no timer and no listener", async () => {
    const { model, remove } = await shown([mark("dog")]);
    remove();
    expect(model.listeners).toBe(0);
    expect(fake.open).toBe(0);
  });
});

test("counts each class once", () => {
  expect(summary([])).toBe("");
  expect(summary([mark("dog"), mark("cat"), mark("dog")])).toBe("2 × dog, cat");
});

test.each([["#ffffff", "#000"], ["#000000", "#fff"], ["#78d800", "#000"], ["#705068", "#fff"]])("text on %s is %s", (color, ink) => {
  expect(inkOn(color)).toBe(ink);
});
