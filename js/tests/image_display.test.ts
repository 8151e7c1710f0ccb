import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import imageDisplay from "../src/image_display";
import { FakeModel, settle, show, text } from "./fake_model";
import { type FakePictures, fakePictures, picture } from "./fake_pictures";

let fake: FakePictures;
beforeEach(() => void (fake = fakePictures()));
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("the image display", () => {
  test("asks for the picture that is there, and says that there is none", () => {
    const model = new FakeModel({});
    const { el } = show(imageDisplay, model);
    expect(model.kinds("look")).toHaveLength(1);
    expect(text(el)).toBe("No picture yet");
    expect(el.querySelector("canvas")!.hidden).toBe(true);
  });

  test("draws a picture, names its size, and answers", async () => {
    const model = new FakeModel({});
    const { el } = show(imageDisplay, model);
    model.say(...picture(3));
    await settle();
    const canvas = el.querySelector("canvas")!;
    expect(canvas.hidden).toBe(false);
    expect([canvas.width, canvas.height]).toEqual([480, 240]);
    expect(canvas.ariaLabel).toBe("Picture, 200 × 100 pixels");
    expect(fake.sizes).toEqual([5]);
    expect(model.kinds("drawn")).toEqual([{ kind: "drawn", number: 3 }]);
  });

  test("asks for a width by the picture alone, so that it is not as narrow as what was there before", async () => {
    const model = new FakeModel({});
    const { el } = show(imageDisplay, model);
    const view = el.querySelector<HTMLElement>(".marcelle")!;
    view.style.padding = "4px";
    let room = 1000;
    vi.spyOn(view, "clientWidth", "get").mockImplementation(() => Math.min(Number.parseFloat(view.style.width), room));
    const widths: (readonly [string, string])[] = [];
    for (const [number, size] of [{ width: 640, height: 480 }, { width: 100, height: 1000 }, { width: 20, height: 20 }].entries()) {
      model.say(...picture(number, size));
      await settle();
      widths.push([view.style.width, el.querySelector("canvas")!.style.width]);
    }
    expect(widths).toEqual([["648px", "640px"], ["72px", "64px"], ["488px", "480px"]]);
    room = 328;
    model.say(...picture(9, { width: 640, height: 480 }));
    await settle();
    expect(el.querySelector("canvas")!.style.width).toBe("320px");
    expect(view.parentElement!.style.minWidth).toMatch(/^0/);
  });

  test("of pictures that come while one is decoded, the newest is drawn", async () => {
    let go = (): void => {};
    fake.decoded = () => new Promise((resolve) => void (go = resolve));
    const model = new FakeModel({});
    show(imageDisplay, model);
    for (const number of [1, 2, 3]) model.say(...picture(number));
    go();
    await settle();
    go();
    await settle();
    expect(model.kinds("drawn").map(({ number }) => number)).toEqual([1, 3]);
    expect(fake.open).toBe(1);
  });

  test("a picture that cannot be decoded is answered, and what was there stays", async () => {
    const model = new FakeModel({});
    const { el } = show(imageDisplay, model);
    model.say(...picture(1));
    await settle();
    fake.broken = true;
    model.say(...picture(2));
    await settle();
    expect(model.kinds("drawn")).toHaveLength(2);
    expect(el.querySelector("canvas")!.hidden).toBe(false);
  });

  test("no picture any more takes it away", async () => {
    const model = new FakeModel({});
    const { el } = show(imageDisplay, model);
    model.say(...picture(1));
    await settle();
    model.say(...picture(2, { width: 0, height: 0 }));
    await settle();
    expect(el.querySelector("canvas")!.hidden).toBe(true);
    expect(text(el)).toBe("No picture yet");
    expect(fake.open).toBe(0);
  });

  test("a removed view lets go of its picture, also one that is being decoded", async () => {
    let go = (): void => {};
    const model = new FakeModel({});
    const { remove } = show(imageDisplay, model);
    model.say(...picture(1));
    await settle();
    fake.decoded = () => new Promise((resolve) => void (go = resolve));
    model.say(...picture(2));
    remove();
    go();
    await settle();
    expect(fake.open).toBe(0);
    expect(model.listeners).toBe(0);
  });
});
