import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import modelParameters from "../src/model_parameters";
import { FakeModel, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=alert(1)>";
const TRAITS = {
  kinds: {
    value_0: { type: "integer", min: 1, name: "batch_size" },
    value_1: { type: "float_list", name: "10" },
    value_2: { type: "choice", options: [1, 3, "many"], name: "2" },
    value_3: { type: "fixed", name: HOSTILE },
    value_4: { type: "boolean", name: "a b" },
  },
  value_0: 8,
  value_1: [0.5, 2],
  value_2: 3,
  value_3: HOSTILE,
  value_4: true,
};

function open(traits: Record<string, unknown> = TRAITS) {
  const model = new FakeModel(traits);
  const { el, remove } = show(modelParameters, model);
  const control = (label: string) => {
    const named = [...el.querySelectorAll("label")].find((it) => text(it) === label)!;
    return el.querySelector<HTMLInputElement>(`[id="${named.htmlFor}"]`)!;
  };
  return { model, el, remove, control };
}

function enter(field: HTMLInputElement, value: string): void {
  field.value = value;
  for (const type of ["input", "change"]) field.dispatchEvent(new Event(type));
}

describe("the parameters of anything", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("each has a control with its name, in the order that is given", () => {
    const { el, control } = open();
    expect([...el.querySelectorAll("label")].map(text)).toEqual(["Batch size", "10", "2", HOSTILE, "A b"]);
    expect([control("Batch size").value, control("10").value, control("2").value]).toEqual(["8", "0.5, 2", "3"]);
    expect(control("A b").checked).toBe(true);
    expect(text(el)).toContain("numbers, with commas");
    expect(text(el)).not.toContain("whole numbers");
  });

  test("a change writes one trait, with its type", () => {
    const { model, control } = open();
    enter(control("Batch size"), "16");
    enter(control("10"), "1 0.25; 3");
    (control("2") as Element as HTMLSelectElement).selectedIndex = 0;
    control("2").dispatchEvent(new Event("change"));
    control("A b").click();
    expect(model.saved).toEqual([["value_0", 16], ["value_1", [1, 0.25, 3]], ["value_2", 1], ["value_4", false]]);
  });

  test("a change in the kernel shows, also one of the kind", async () => {
    const { model, control } = open();
    model.update({ value_0: 0.5, kinds: { ...TRAITS.kinds, value_0: { type: "float", name: "batch_size" } } });
    await settle();
    expect([control("Batch size").value, control("Batch size").step]).toEqual(["0.5", "any"]);
  });

  test("a value that cannot be changed is text", () => {
    const { el, control } = open();
    expect(control(HOSTILE).tagName).toBe("OUTPUT");
    expect(text(control(HOSTILE))).toBe(HOSTILE);
    expect(el.querySelector("img")).toBeNull();
  });

  test("the reason of a refusal shows", async () => {
    const { model, el } = open();
    model.update({ alert: "batch_size: expected a whole number >= 1, got 0" });
    await settle();
    expect(text(el.querySelector("[role=alert]"))).toContain("got 0");
  });

  test("says where there are none, and leaves nothing behind", () => {
    const { model, el, remove } = open({ kinds: {} });
    expect(text(el)).toBe("No parameters");
    remove();
    expect(model.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
