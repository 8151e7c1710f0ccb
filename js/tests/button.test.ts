import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import button from "../src/button";
import { FakeModel, settle, show, text } from "./fake_model";

let model: FakeModel;
let el: HTMLButtonElement;
let remove: () => void;

beforeEach(() => {
  model = new FakeModel({ text: "Hold to record", disabled: false, pressed: false });
  const shown = show(button, model);
  el = shown.el.querySelector("button") as HTMLButtonElement;
  remove = shown.remove;
  vi.spyOn(el, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 100, 40));
});
afterEach(() => remove());

const did = (): unknown[] => model.sent.map(({ content }) => content.kind).filter((kind) => kind !== "hello");
const pointer = (name: string, init: PointerEventInit = {}): PointerEvent =>
  new PointerEvent(name, { bubbles: true, pointerId: 1, button: 0, clientX: 10, clientY: 10, ...init });
const key = (name: string, init: KeyboardEventInit): KeyboardEvent =>
  new KeyboardEvent(name, { bubbles: true, cancelable: true, ...init });

describe("by pointer", () => {
  test("press, release and click", () => {
    el.dispatchEvent(pointer("pointerdown"));
    expect(did()).toEqual(["press"]);
    el.dispatchEvent(pointer("pointerup"));
    // The browser's own click follows and is not counted twice.
    el.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    expect(did()).toEqual(["press", "release", "click"]);
  });

  test("a release outside ends it and is no click", () => {
    el.dispatchEvent(pointer("pointerdown"));
    window.dispatchEvent(pointer("pointerup", { clientX: 500 }));
    expect(did()).toEqual(["press", "release"]);
  });

  test.each(["pointercancel", "blur"])("%s ends it", (name) => {
    el.dispatchEvent(pointer("pointerdown"));
    window.dispatchEvent(name === "blur" ? new Event("blur") : pointer(name));
    expect(did()).toEqual(["press", "release"]);
  });

  test("a second finger neither presses again nor releases", () => {
    el.dispatchEvent(pointer("pointerdown"));
    el.dispatchEvent(pointer("pointerdown", { pointerId: 2 }));
    window.dispatchEvent(pointer("pointerup", { pointerId: 2 }));
    expect(did()).toEqual(["press"]);
  });

  test("the other mouse buttons do nothing", () => {
    el.dispatchEvent(pointer("pointerdown", { button: 2 }));
    expect(did()).toEqual([]);
  });
});

describe("by keyboard", () => {
  test.each([" ", "Enter"])("%j presses once however long it is held", (name) => {
    el.dispatchEvent(key("keydown", { key: name }));
    el.dispatchEvent(key("keydown", { key: name, repeat: true }));
    el.dispatchEvent(key("keyup", { key: name }));
    expect(did()).toEqual(["press", "release", "click"]);
  });

  test("the browser's own click is held back, other keys are not", () => {
    const [space, tab] = [key("keydown", { key: " " }), key("keydown", { key: "Tab" })];
    el.dispatchEvent(space);
    el.dispatchEvent(tab);
    expect([space.defaultPrevented, tab.defaultPrevented]).toEqual([true, false]);
  });

  test("leaving the button with the key down releases it without a click", () => {
    el.dispatchEvent(key("keydown", { key: " " }));
    el.dispatchEvent(new FocusEvent("blur"));
    el.dispatchEvent(key("keyup", { key: " " }));
    expect(did()).toEqual(["press", "release"]);
  });
});

test("a click by a screen reader or a script is a press, a release and a click", () => {
  el.click();
  expect(did()).toEqual(["press", "release", "click"]);
});

test("removing the view releases first and says bye then", () => {
  el.dispatchEvent(pointer("pointerdown"));
  remove();
  expect(model.sent.map(({ content }) => content.kind)).toEqual(["hello", "press", "release", "bye"]);
});

test("the numbers increase strictly, from the time on", () => {
  const before = Date.now();
  for (let i = 0; i < 5; i++) el.click();
  const numbers = model.sent.map(({ content }) => content.n).filter((n) => n !== undefined) as number[];
  expect(numbers).toHaveLength(10);
  expect(numbers[0]).toBeGreaterThanOrEqual(before);
  for (const [i, n] of numbers.entries()) if (i > 0) expect(n).toBeGreaterThan(numbers[i - 1] as number);
});

test("its text is text, and the kernel can disable it and show it pressed", async () => {
  model.update({ text: "<b>Go</b>", disabled: true, pressed: true });
  await settle();
  expect(text(el)).toBe("<b>Go</b>");
  expect(el.disabled).toBe(true);
  expect(el.className).toBe("marcelle-down");
});
