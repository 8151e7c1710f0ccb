import { afterEach, beforeEach, expect, test } from "vitest";
import pretrained_model from "../src/pretrained_model";
import { FakeModel, settle, show, text } from "./fake_model";

const NASTY = "<img src=x onerror=alert(1)>";

let model: FakeModel;
let el: HTMLElement;
let remove: () => void;

beforeEach(() => {
  model = new FakeModel({
    title: "MobileNet",
    kinds: { min_score: { type: "float", min: 0, max: 1 } },
    min_score: 0.5,
    loading: true,
    progress: 0.25,
    bytes: "4.3 of 17.2 MB",
    state: "Loading",
    failed: false,
    can_retry: false,
  });
  ({ el, remove } = show(pretrained_model, model));
});
afterEach(() => remove());

const bar = () => el.querySelector("progress");
const retry = () => el.querySelector<HTMLButtonElement>(".marcelle-retry")!;

test("shows how much is downloaded", () => {
  expect(bar()!.value).toBe(0.25);
  expect(bar()!.getAttribute("aria-label")).toBe("Loading");
  expect(text(el.querySelector(".marcelle-download"))).toBe("4.3 of 17.2 MB");
  expect(retry().hidden).toBe(true);
});

test("a bar without a share runs while the network is opened, and is gone when it is there", async () => {
  model.update({ progress: null, bytes: "" });
  await settle();
  expect(bar()!.hasAttribute("value")).toBe(false);
  model.update({ loading: false, state: "Ready" });
  await settle();
  expect(bar()).toBeNull();
  expect(text(el.querySelector("[role=status]"))).toBe("Ready");
});

test("a failure is text, and is tried again on a click", async () => {
  model.update({ loading: false, progress: null, failed: true, can_retry: true, state: `Not loaded: ${NASTY}` });
  await settle();
  expect(el.querySelector("img")).toBeNull();
  expect(text(el.querySelector("[role=status]"))).toBe(`Not loaded: ${NASTY}`);
  expect(retry().hidden).toBe(false);
  retry().click();
  expect(model.kinds("retry")).toHaveLength(1);
});

test("a model that was cleared can be loaded again, and has not failed", async () => {
  model.update({ loading: false, progress: null, can_retry: true, state: "Not loaded" });
  await settle();
  expect(retry().hidden).toBe(false);
  expect(el.querySelector("[role=status]")!.hasAttribute("data-failed")).toBe(false);
});

test("parameters have controls", () => {
  expect(el.querySelector(".marcelle-parameter label")!.textContent).toContain("score");
});
