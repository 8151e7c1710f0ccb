/** What the page of a published model computes by itself, against the kernel's own numbers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { About } from "../page/about";
import { answer } from "../page/answer";
import { boxes } from "../page/boxes";
import { describe as features } from "../page/features";
import { Neighbours } from "../page/neighbours";
import { picture } from "./page_picture";

const FIXTURE = join(import.meta.dirname, "../../tests/fixtures/page/features.json");
const CASES: { width: number; height: number; features: number[] }[] = JSON.parse(readFileSync(FIXTURE, "utf8"));

test.each(CASES)("image features of $width × $height pixels are the kernel's", ({ width, height, features: told }) => {
  const made = features(picture(width, height));
  expect(made).toHaveLength(told.length);
  const worst = Math.max(...told.map((value, place) => Math.abs(value - (made[place] ?? NaN))));
  expect(worst).toBeLessThan(1e-2);
  const product = told.reduce((sum, value, place) => sum + value * (made[place] ?? 0), 0);
  expect(product / Math.hypot(...told) / Math.hypot(...made)).toBeGreaterThan(0.99999);
});

const JS = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(JS, path), "utf8");

test("the licences that travel with the page name the versions that it is built from", () => {
  const asked: Record<string, string> = JSON.parse(read("package.json")).devDependencies;
  const [words, version] = read("page/licenses.txt").match(/TensorFlow\.js (\S+): ([^.]+)\./)?.slice(1).reverse() ?? [];
  const parts = words?.split(/, | and /) ?? [];
  expect(parts).toHaveLength(5);
  for (const part of parts) expect(asked[`@tensorflow/${part}`]).toBe(version);
  const [seedrandom] = read("page/licenses.txt").match(/(?<=seedrandom )\d\S+/) ?? [];
  expect(JSON.parse(read("node_modules/seedrandom/package.json")).version).toBe(seedrandom);
});

const about = (more: Partial<About>): About => ({
  version: "0",
  kind: "layers",
  task: "classification",
  labels: ["a", "b"],
  answers: "softmax",
  input: { kind: "vector", size: 2, features: null },
  ...more,
});

describe("an answer", () => {
  test("is sorted, best first", () => {
    expect(answer(about({}), [0.2, 0.8]).scores).toEqual([
      { label: "b", value: 0.8 },
      { label: "a", value: 0.2 },
    ]);
  });

  test("of one output is the probability of the second label", () => {
    expect(answer(about({ answers: "sigmoid" }), [0.25]).scores[0]).toEqual({ label: "a", value: 0.75 });
    expect(answer(about({ answers: "logits" }), [0]).scores.map(({ value }) => value)).toEqual([0.5, 0.5]);
  });

  test("of logits sums to 1", () => {
    const { scores } = answer(about({ answers: "logits", labels: ["a", "b", "c"] }), [1000, 1001, 999]);
    expect(scores[0]?.label).toBe("b");
    expect(scores.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(1);
  });

  test("without labels has numbers for names, and one of a wrong count is refused", () => {
    expect(answer(about({ labels: [] }), [0, 1]).scores[0]?.label).toBe("1");
    expect(() => answer(about({}), [1, 2, 3])).toThrow("3 outputs and 2 labels");
  });

  test("of a regression is its numbers", () => {
    expect(answer(about({ task: "regression" }), Float32Array.of(2, 3))).toEqual({ scores: [], numbers: [2, 3] });
  });
});

describe("neighbours", () => {
  const rows = { "2": [[1, 0]], "10": [[0, 1]], up: [[0.6, 0.8], [0.8, 0.6]] };
  const neighbours = new Neighbours({ metadata: { classes: ["2", "10", "up"], data: rows } });

  test("vote by direction alone", () => {
    expect(neighbours.vote([0, 50], 1)).toEqual([0, 1, 0]);
    expect(neighbours.vote([7, 7], 2)).toEqual([0, 0, 1]);
  });

  test("are as many as there are, where more are asked for", () => {
    expect(neighbours.vote([1, 0], 99)).toEqual([0.25, 0.25, 0.5]);
  });

  test("of as many numbers as a large picture has are found", () => {
    const count = 1_000_000;
    const all = Array.from({ length: count }, (_, place) => place % 2);
    const other = all.map((value) => 1 - value);
    const large = new Neighbours({ metadata: { classes: ["a", "b"], data: { a: [other], b: [all] } } });
    expect(large.vote(all, 1)).toEqual([0, 1]);
  });

  test("of numbers whose squares are too large or too small for a number are found", () => {
    expect(neighbours.vote([3e200, 4e200], 1)).toEqual([0, 0, 1]);
    expect(neighbours.vote([0, 1e-200], 1)).toEqual([0, 1, 0]);
  });

  test("that are equally near count from the first on", () => {
    expect(neighbours.vote([0, 0], 1)).toEqual([1, 0, 0]);
  });
});

describe("boxes", () => {
  const detector = about({ task: "detection", answers: "boxes", labels: ["cat", "dog"], colors: [7, 8], min_score: 0.5, max_boxes: 2 });
  const rows = (...all: number[][]): number[] => all.flat();
  const square = [0, 0, 0.5, 0.5];

  test("are in pixels, the surest first, each of its highest class", () => {
    const found = boxes(detector, rows([0.1, 0.6], [0.9, 0.2]), rows(square, [0.5, 0.5, 1, 1]), 200, 100);
    expect(found).toEqual([
      { box: [100, 50, 100, 50], label: "cat", percent: 90, color: 7 },
      { box: [0, 0, 100, 50], label: "dog", percent: 60, color: 8 },
    ]);
  });

  test("that overlap a surer one go, whatever their classes, and so do those above the most", () => {
    const near = [0, 0, 0.5, 0.4];
    const far = [0.6, 0.6, 1, 1];
    const found = boxes(detector, rows([0.9, 0], [0, 0.8], [0.7, 0], [0.6, 0]), rows(square, near, far, [0, 0.6, 0.4, 1]), 100, 100);
    expect(found.map(({ percent }) => percent)).toEqual([90, 70]);
  });

  test("with the least score, or none, are no boxes, and neither are corners of no area in the way", () => {
    expect(boxes(detector, rows([0.5, 0], [NaN, 0]), rows(square, square), 9, 9)).toEqual([]);
    const flat = boxes(detector, rows([0.9, 0], [0.8, 0]), rows([0, 0, 0, 1], square), 10, 10);
    expect(flat).toHaveLength(2);
  });

  test("of numbers that fit no boxes are an error", () => {
    expect(() => boxes(detector, [1, 2, 3], rows(square, square), 9, 9)).toThrow("detector");
  });
});
