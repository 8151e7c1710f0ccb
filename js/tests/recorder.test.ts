import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import recorder from "../src/recorder";
import { FakeModel, later, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const TRAITS = {
  label: "wave",
  labels: ["wave", HOSTILE],
  counts: [["wave", 12], ["clap", 1]],
  recording: false,
  pending: 0,
  live: true,
  dataset_name: "gestures",
};

function open(traits: object = {}) {
  const model = new FakeModel({ ...TRAITS, ...traits });
  const { el, remove } = show(recorder, model);
  const field = el.querySelector<HTMLInputElement>("input")!;
  const type = async (label: string) => {
    field.value = label;
    field.dispatchEvent(new Event("input"));
    await settle();
  };
  const button = () => el.querySelector<HTMLButtonElement>(".marcelle-primary")!;
  return { model, el, remove, field, type, button };
}
const key = (type: string) => new KeyboardEvent(type, { key: " ", bubbles: true, cancelable: true });

describe("the recorder", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("offers the labels that it knows with their counts, as text", () => {
    const { el } = open();
    expect([...el.querySelectorAll(".marcelle-chip")].map(text)).toEqual(["wave 12", `${HOSTILE} 0`, "clap 1"]);
    expect([...el.querySelectorAll("option")].map((option) => option.value)).toEqual(["wave", HOSTILE, "clap"]);
    expect(el.querySelector("img")).toBeNull();
    expect(text(el.querySelector("footer"))).toBe("gestures: 13 instances");
  });

  test("a click on a known label chooses it", async () => {
    const { el, model, field } = open();
    el.querySelectorAll<HTMLButtonElement>(".marcelle-chip")[2]!.click();
    await settle();
    expect(model.saved).toEqual([["label", "clap"]]);
    expect(field.value).toBe("clap");
    expect(el.querySelectorAll(".marcelle-chip")[2]!.getAttribute("aria-pressed")).toBe("true");
  });

  test("a typed label is written when the typing pauses", async () => {
    const { model, type } = open();
    for (const text of ["t", "th", "thumbs up "]) await type(text);
    expect(model.saved).toEqual([]);
    await later(200);
    expect(model.saved).toEqual([["label", "thumbs up"]]);
  });

  test("what is typed stays while the counts change, and the kernel's label holds afterwards", async () => {
    const { model, type, field } = open();
    await type("point ");
    model.update({ counts: [["wave", 13]] });
    await settle();
    expect(field.value).toBe("point ");
    field.dispatchEvent(new Event("blur"));
    model.update({ label: "wave" });
    await settle();
    expect(field.value).toBe("wave");
  });

  test("says to type a label first", async () => {
    const { button, el, type } = open({ label: " " });
    expect(button().disabled).toBe(true);
    expect(text(el)).toContain("Type a label first");
    await type("x");
    expect(button().disabled).toBe(false);
  });

  test("records while the key is held, under the label that was typed last", async () => {
    const { model, button, type } = open();
    const order: unknown[] = [];
    vi.spyOn(model, "save_changes").mockImplementation(() => void order.push(model.get("label")));
    model.kernel = ({ kind }) => void (kind === "press" && order.push(kind));
    await type("point");
    button().dispatchEvent(key("keydown"));
    await settle();
    expect(order).toEqual(["point", "press"]);
    expect(model.kinds("press")).toMatchObject([{ label: "point" }]);
    expect(text(button()), "the kernel has not said that it records").toBe("Hold to record");
    model.update({ recording: true });
    await settle();
    expect(text(button())).toBe("Recording");
    model.update({ recording: false });
    button().dispatchEvent(key("keyup"));
    await settle();
    expect(model.kinds("release")).toHaveLength(1);
    expect(text(button())).toBe("Hold to record");
  });

  test("shows that another page records", async () => {
    const { model, button } = open();
    model.update({ recording: true });
    await settle();
    expect(button().hasAttribute("data-recording")).toBe(true);
  });

  test("adds or discards the pictures of a source that takes one at a time", async () => {
    const { model, el, button } = open({ live: false, pending: 3 });
    expect(text(button())).toBe("Add 3 pictures to ‘wave’");
    button().click();
    expect(model.kinds("add")).toEqual([{ kind: "add", label: "wave" }]);
    const discard = [...el.querySelectorAll("button")].find((other) => text(other) === "Discard")!;
    discard.click();
    expect(model.kinds("discard")).toEqual([{ kind: "discard" }]);
    model.update({ pending: 0 });
    await settle();
    expect([button().disabled, discard.disabled]).toEqual([true, true]);
    expect(text(el)).toContain("Choose or drop pictures first");
    model.update({ pending: 1, label: "" });
    await settle();
    expect(text(button())).toBe("Add 1 picture");
    expect(text(el)).toContain("Type a label first");
  });

  test("a view that is removed while it records lets go", () => {
    const { model, button, remove } = open();
    button().dispatchEvent(key("keydown"));
    remove();
    expect(model.kinds("release")).toHaveLength(1);
    expect(model.listeners).toBe(0);
  });
});
