import { afterEach, describe, expect, test } from "vitest";
import classificationReport from "../src/classification_report";
import { FakeModel, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const COLUMNS = ["precision", "recall", "F1", "support"];

const traits = (columns: string[], rows: unknown[][], more: object = {}) => ({
  name: "test set",
  table: { columns, rows, hidden: 0, without_truth: 0, without_answer: 0, ...more },
  progress: false,
});

const lines = (el: Element) => [...el.querySelectorAll("tbody tr")].map((row) => [...row.children].map(text));

describe("the classification report", () => {
  afterEach(() => document.body.replaceChildren());

  test("has a row for each label, and what cannot be divided is a dash", () => {
    const { el } = show(classificationReport, new FakeModel(traits(COLUMNS, [
      ["accuracy", "label", null, 0, 0.25, 1200],
      [null, "accuracy", null, null, 0.5, 1200],
      [null, "macro average", 1, 0.123456, 0, 1200],
    ])));
    expect(text(el.querySelector("strong"))).toBe("Classification report");
    expect([...el.querySelectorAll("thead th")].map(text)).toEqual(COLUMNS);
    expect(lines(el)).toEqual([
      ["accuracy", "–", "0.000", "0.250", "1,200"],
      ["Accuracy", "", "", "0.500", "1,200"],
      ["Macro average", "1.000", "0.123", "0.000", "1,200"],
    ]);
  });

  test("of a regression, it shows errors in the units of the data", () => {
    const { el } = show(classificationReport, new FakeModel(traits(["MAE", "RMSE", "R²", "support"], [
      ["1", "output", 1234.5678, 0.00001234, null, 3],
      [null, "average", 1, 2, -0.5, 3],
    ])));
    expect(text(el.querySelector("strong"))).toBe("Regression report");
    expect(lines(el)).toEqual([
      ["Output 1", "1235", "0.00001234", "–", "3"],
      ["Average", "1", "2", "-0.5", "3"],
    ]);
  });

  test("says what is left out", () => {
    const { el } = show(classificationReport, new FakeModel(traits([], [], { without_truth: 2, hidden: 7 })));
    expect(text(el)).toContain("Nothing to score yet");
    expect(text(el)).toContain("2 predictions left out: it is not known what is true.");
    expect(text(el)).toContain("7 rows are not shown");
  });

  test("a hostile label is text", () => {
    const { el } = show(classificationReport, new FakeModel(traits(COLUMNS, [[HOSTILE, "label", 1, 1, 1, 1]])));
    expect(el.querySelector("img")).toBeNull();
    expect(lines(el)[0]![0]).toBe(HOSTILE);
  });
});
