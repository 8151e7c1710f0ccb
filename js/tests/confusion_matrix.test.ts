import { afterEach, describe, expect, test } from "vitest";
import confusionMatrix from "../src/confusion_matrix";
import { FakeModel, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";

function table(labels: string[], counts: number[][], more: object = {}) {
  const support = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const total = support.reduce((sum, count) => sum + count, 0);
  const right = counts.reduce((sum, row, at) => sum + row[at]!, 0);
  const accuracy = total ? right / total : null;
  return { labels, counts, support, n_labels: labels.length, total, accuracy, without_truth: 0, without_label: 0, ...more };
}

const traits = (more: object = {}, given = table(["cat", "dog"], [[3, 1], [0, 6]])) => ({
  name: "test set",
  table: given,
  selected: null,
  progress: false,
  ...more,
});

const cells = (el: Element) => [...el.querySelectorAll<HTMLElement>("td[role]")];
const press = (cell: Element, key: string, more: object = {}) =>
  cell.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

describe("the confusion matrix", () => {
  afterEach(() => document.body.replaceChildren());

  test("has a row for each true label, a column for each predicted one, and the accuracy", () => {
    const { el } = show(confusionMatrix, new FakeModel(traits()));
    expect([...el.querySelectorAll("tbody th")].map(text)).toEqual(["cat", "dog"]);
    expect([...el.querySelectorAll("tfoot th")].map(text)).toEqual(["cat", "dog"]);
    expect(cells(el).map(text)).toEqual(["3", "1", "", "6"]);
    expect(cells(el)[2]!.getAttribute("aria-label")).toBe("0");
    expect(text(el.querySelector(".marcelle-accuracy"))).toBe("Accuracy 90 % of 10 predictions");
    expect(cells(el)[1]!.style.getPropertyValue("--share")).toBe("18%");
  });

  test("says what a cell is under the pointer, also while the numbers change", async () => {
    const model = new FakeModel(traits());
    const { el } = show(confusionMatrix, model);
    cells(el)[1]!.dispatchEvent(new Event("pointerover", { bubbles: true }));
    const readout = el.querySelector(".marcelle-readout");
    expect(text(readout)).toBe("1 of 4 (25 %): true “cat”, predicted “dog”");
    model.update({ table: table(["cat", "dog"], [[3, 5], [0, 6]]) });
    await settle();
    expect(text(readout)).toBe("5 of 8 (62.5 %): true “cat”, predicted “dog”");
  });

  test("a click selects, a second one takes it back", async () => {
    const model = new FakeModel(traits());
    const { el } = show(confusionMatrix, model);
    cells(el)[1]!.click();
    expect(model.kinds("select")).toEqual([{ kind: "select", x: "dog", y: "cat" }]);
    model.update({ selected: { x: "dog", y: "cat", v: 1 } });
    await settle();
    expect(cells(el).map((cell) => cell.getAttribute("aria-selected"))).toEqual(["false", "true", "false", "false"]);
    expect(text(el.querySelector(".marcelle-readout"))).toBe("Selected: 1 of 4 (25 %): true “cat”, predicted “dog”");
    cells(el)[1]!.click();
    expect(model.kinds("unselect")).toHaveLength(1);
  });

  test("the corner between the labels is no cell", async () => {
    const model = new FakeModel(traits());
    const { el } = show(confusionMatrix, model);
    el.querySelector<HTMLElement>("tfoot td")!.click();
    await settle();
    expect(model.kinds("select")).toEqual([]);
    expect(cells(el).map((cell) => cell.tabIndex)).toEqual([0, -1, -1, -1]);
  });

  test("the arrows go from cell to cell, Enter selects, Escape takes it back", async () => {
    const model = new FakeModel(traits({ selected: { x: "cat", y: "cat", v: 3 } }));
    const { el } = show(confusionMatrix, model);
    expect(cells(el).map((cell) => cell.tabIndex)).toEqual([0, -1, -1, -1]);
    press(cells(el)[0]!, "ArrowRight");
    await settle();
    expect(cells(el).map((cell) => cell.tabIndex)).toEqual([-1, 0, -1, -1]);
    press(cells(el)[1]!, "ArrowDown");
    await settle();
    press(cells(el)[3]!, "ArrowDown");
    await settle();
    expect(document.activeElement).toBe(cells(el)[3]);
    press(cells(el)[3]!, "Enter");
    expect(model.kinds("select")).toEqual([{ kind: "select", x: "dog", y: "dog" }]);
    press(cells(el)[3]!, "Escape");
    expect(model.kinds("unselect")).toHaveLength(1);
    press(cells(el)[3]!, "Home", { ctrlKey: true });
    await settle();
    expect(cells(el)[0]!.tabIndex).toBe(0);
  });

  test("says what is left out and what is not drawn", () => {
    const given = table(["cat"], [[3]], { n_labels: 200, without_truth: 1, without_label: 1200 });
    const { el } = show(confusionMatrix, new FakeModel(traits({}, given)));
    expect(text(el.querySelector(".marcelle-notes"))).toBe(
      "1 prediction left out: it is not known what is true. 1,200 predictions left out: they have no label. " +
        "Drawn are the 1 most frequent of 200 labels.",
    );
  });

  test.each([[false, "Nothing to count yet"], [null, "Predicting …"]])("has no grid before it has counted: %s", (progress, said) => {
    const { el } = show(confusionMatrix, new FakeModel(traits({ progress }, table([], []))));
    expect(el.querySelector("table")).toBeNull();
    expect(text(el)).toContain(said);
    expect(el.querySelector("progress")!.hasAttribute("data-idle")).toBe(progress === false);
  });

  test("hostile labels are text", () => {
    const { el } = show(confusionMatrix, new FakeModel(traits({ name: HOSTILE }, table([HOSTILE], [[3]]))));
    expect(el.querySelector("img")).toBeNull();
    expect(text(el.querySelector("tbody th"))).toBe(HOSTILE);
  });

  test("many labels make small cells, and large numbers are short", () => {
    const labels = Array.from({ length: 32 }, (_, i) => `label ${i}`);
    const counts = labels.map((_, i) => labels.map((_, j) => i * j * 100));
    const { el } = show(confusionMatrix, new FakeModel(traits({}, table(labels, counts))));
    expect(cells(el)).toHaveLength(1024);
    expect(text(cells(el).at(-1)!)).toBe("96K");
    expect(el.querySelector("table")!.dataset.size).toBe("small");
  });
});
