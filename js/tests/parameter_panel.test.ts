import { render } from "lit-html";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Kind, ParameterPanel } from "../src/lib/parameter_panel";
import { text } from "./fake_model";

const KINDS: Record<string, Kind> = {
  epochs: { type: "integer", min: 1, max: 100_000 },
  batch_size: { type: "integer", min: 1, max: 64 },
  split: { type: "float", min: 0, max: 1 },
  shuffle: { type: "boolean" },
  optimizer: { type: "choice", options: ["adam", "sgd"] },
  note: { type: "text", max_length: 5 },
  layers: { type: "integer_list" },
};

describe("the controls of the parameters", () => {
  let values: Record<string, unknown>;
  let asked: [string, unknown][];
  let root: HTMLElement;
  let draw: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    values = {
      epochs: 20, batch_size: 8, split: 0.2, shuffle: true, optimizer: "sgd", note: "<b>", layers: [64, 32],
    };
    asked = [];
    root = document.createElement("div");
    const ask = (name: string, value: unknown) => {
      asked.push([name, value]);
      values[name] = value;
      draw();
    };
    const stop = new AbortController();
    const panel = new ParameterPanel({ id: "v", get: (name) => values[name], ask, redraw: () => draw() }, stop.signal);
    draw = () => render(panel.template(KINDS), root);
    draw();
  });

  const control = (name: string) => root.querySelector<HTMLInputElement>(`#v-${name}`)!;
  const fire = (element: Element, ...types: string[]) => types.forEach((type) => element.dispatchEvent(new Event(type)));
  function enter(name: string, value: string): void {
    control(name).value = value;
    fire(control(name), "input", "change");
  }

  test("each has a label and shows its value", () => {
    expect([...root.querySelectorAll("label")].map(text)).toEqual([
      "Epochs", "Batch size", "Split", "Shuffle", "Optimizer", "Note", "Layers",
    ]);
    for (const label of root.querySelectorAll("label")) expect(root.querySelector(`#${label.htmlFor}`)).not.toBeNull();
    expect(control("epochs").value).toBe("20");
    expect(control("shuffle").checked).toBe(true);
    expect(control("optimizer").value).toBe("sgd");
    expect(control("layers").value).toBe("64, 32");
    expect(control("note").value).toBe("<b>");
  });

  test("bounds become those of the control; a slider appears where there are two, not too far apart", () => {
    expect([control("epochs").min, control("epochs").max]).toEqual(["1", "100000"]);
    const sliders = [...root.querySelectorAll<HTMLInputElement>("input[type=range]")];
    expect(sliders.map(({ min, max, step }) => [min, max, step])).toEqual([["1", "64", "1"], ["0", "1", "0.01"]]);
    expect(sliders[0]!.getAttribute("aria-label")).toBe("Batch size, slider");
  });

  test("a change writes one key, with the type of its kind", () => {
    enter("epochs", "30");
    enter("split", "0.5");
    enter("note", "hello");
    enter("layers", "8  4,2");
    control("shuffle").checked = false;
    fire(control("shuffle"), "change");
    (control("optimizer") as Element as HTMLSelectElement).selectedIndex = 0;
    fire(control("optimizer"), "change");
    expect(asked).toEqual([
      ["epochs", 30], ["split", 0.5], ["note", "hello"], ["layers", [8, 4, 2]], ["shuffle", false],
      ["optimizer", "adam"],
    ]);
  });

  test("a write that the kernel refuses shows the old value again", () => {
    enter("epochs", "-5");
    expect(asked).toEqual([["epochs", -5]]);
    values.epochs = 20;
    draw();
    expect(control("epochs").value).toBe("20");
  });

  test("what is no number is not written, and goes", () => {
    enter("epochs", "");
    expect(asked).toEqual([]);
    expect(control("epochs").value).toBe("20");
    enter("layers", "8, many");
    expect(asked).toEqual([["layers", [8, "many"]]]);
  });

  test("a redraw does not take away what is being typed, leaving the field does", () => {
    control("epochs").value = "7";
    fire(control("epochs"), "input");
    draw();
    expect(control("epochs").value).toBe("7");
    fire(control("epochs"), "blur");
    expect(control("epochs").value).toBe("20");
    expect(asked).toEqual([]);
  });

  test("Enter writes what is typed, also where the host takes the key away from the browser", () => {
    control("epochs").value = "30";
    fire(control("epochs"), "input");
    control("epochs").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    expect(asked).toEqual([["epochs", 30]]);
  });

  test("a slider writes at most four times a second, and its last value", () => {
    const slider = root.querySelector<HTMLInputElement>("input[type=range]")!;
    for (let value = 9; value < 59; value++) {
      slider.value = String(value);
      fire(slider, "input");
      vi.advanceTimersByTime(20);
    }
    vi.advanceTimersByTime(500);
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(asked.at(-1)).toEqual(["batch_size", 58]);
    expect(control("batch_size").value).toBe("58");
    expect(vi.getTimerCount()).toBe(0);
  });
});
