/** The page of a published model, and pictures that come faster than answers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import type { Answer } from "../page/about";
import { Runner } from "../page/runner";
import { fakeCameras } from "./fake_camera";
import { type FakePictures, fakePictures } from "./fake_pictures";

const PAGE = join(import.meta.dirname, "../page/index.html");

let pictures: FakePictures;
/** Ends the prediction of each picture, in the order in which they were begun. */
let answers: ((told: string | Error | Answer) => void)[];

beforeEach(async () => {
  pictures = fakePictures();
  answers = [];
  document.body.innerHTML = /<main>.*<\/main>/s.exec(readFileSync(PAGE, "utf8"))![0];
  const ofPicture = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      answers.push((told) => {
        if (told instanceof Error) reject(told);
        else resolve(typeof told === "string" ? { scores: [{ label: told, value: 1 }], numbers: [] } : told);
      });
    });
  const runner = { about: { answers: "softmax", input: { kind: "image" } }, takesPictures: true, aspect: 1, ofPicture };
  vi.spyOn(Runner, "load").mockResolvedValue(runner as unknown as Runner);
  vi.resetModules();
  vi.doMock("../page/runner", () => ({ Runner }));
  await import("../page/page");
  await vi.waitFor(() => expect(text("state")).toContain("Ready"));
});

const text = (id: string): string => document.getElementById(id)!.textContent ?? "";

async function choose(name: string): Promise<void> {
  const input = document.getElementById("file")!;
  Object.defineProperty(input, "files", { value: [new File(["x"], name)], configurable: true });
  const before = answers.length;
  input.dispatchEvent(new Event("change"));
  await vi.waitFor(() => expect(answers).toHaveLength(before + 1));
}

test("an answer that a newer picture overtook is not shown on it", async () => {
  await choose("first.png");
  await choose("second.png");
  answers[1]!("second");
  await vi.waitFor(() => expect(text("label")).toBe("second"));
  answers[0]!("first");
  await vi.waitFor(() => expect(pictures.open).toBe(0));
  expect(text("label")).toBe("second");
  expect(text("state")).toBe("Predicted from second.png.");
});

test("the failure of a picture that a newer one overtook is not told", async () => {
  await choose("first.png");
  await choose("second.png");
  answers[0]!(new Error("no room"));
  answers[1]!("second");
  await vi.waitFor(() => expect(pictures.open).toBe(0));
  expect(text("label")).toBe("second");
  expect(text("state")).toBe("Predicted from second.png.");
});

test("the failure of the newest is told, and its picture let go", async () => {
  await choose("first.png");
  answers[0]!(new Error("no room"));
  await vi.waitFor(() => expect(text("state")).toBe("no room"));
  expect(pictures.open).toBe(0);
});

test("what to do where scripts are not loaded stands in the page, and goes with the first script", () => {
  const page = readFileSync(PAGE, "utf8");
  for (const words of ["publish(", "python -m http.server", "web host"]) expect(page).toContain(words);
  expect(page).not.toContain("Loading the model");
  expect(document.getElementById("unscripted")).toBeNull();
});

test("a detector's list says the same percents as its boxes, and other lists tell small ones apart", async () => {
  const shown = (): (string | null)[] => [...document.querySelectorAll("#scores .value")].map((value) => value.textContent);
  await choose("first.png");
  answers[0]!({ scores: [{ label: "a", value: 0.99649 }, { label: "b", value: 0.00351 }], numbers: [] });
  await vi.waitFor(() => expect(shown()).toEqual(["99.6 %", "0.4 %"]));
  await choose("second.png");
  answers[1]!({ scores: [], numbers: [], marks: [{ box: null, label: "cat", percent: 22, color: 0 }] });
  await vi.waitFor(() => expect(shown()).toEqual(["22 %"]));
});

test("a camera that is stopped and started again while the model predicts is asked for one answer after another", async () => {
  const label = text("camera");
  const click = (): void => document.getElementById("camera")!.click();
  const frames = async (): Promise<void> => {
    for (let frame = 0; frame < 3; frame++) await new Promise((next) => requestAnimationFrame(next));
  };
  fakeCameras();
  fakePictures();
  click();
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  click();
  expect(text("camera")).toBe(label);
  click();
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[0]!("of the first run");
  await frames();
  expect(answers).toHaveLength(2);
  answers[1]!("of the second run");
  await vi.waitFor(() => expect(text("label")).toBe("of the second run"));
  click();
});
