import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import batchPrediction from "../src/batch_prediction";
import { FakeModel, later, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";

const traits = (more: object = {}) => ({
  name: "test set",
  where: "Kept in the file a.db.",
  status: "idle",
  count: null,
  total: null,
  run: 0,
  stopped: false,
  message: "",
  control: "IPY_MODEL_none",
  ...more,
});

const sentence = (el: Element) => text(el.querySelector(".marcelle-status"));
const button = (el: Element, name: string) => el.querySelector<HTMLButtonElement>(`.marcelle-${name}`)!;

describe("a batch of predictions", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test.each([
    [{}, "No predictions yet: call batch.predict(model, data)"],
    [{ status: "start", count: 0, total: 1000 }, "0 of 1,000 instances · Predicting"],
    [{ status: "running", count: 400, total: null }, "400 instances · Predicting"],
    [{ status: "success", count: 1, total: 1 }, "1 of 1 instance · Predicted"],
    [{ status: "success", count: 1, total: 9, stopped: true }, "1 of 9 instances · Stopped: predict again to go on"],
    [{ status: "loaded", count: 9, total: 9 }, "9 of 9 instances · Found in the store"],
    [{ status: "loaded", count: 4, total: 9 }, "4 of 9 instances · Found in the store: predict again to go on"],
    [{ status: "error", count: 4, total: 9, message: HOSTILE }, `4 of 9 instances · Failed: ${HOSTILE}`],
  ])("says where it is: %j", (given, said) => {
    const { el } = show(batchPrediction, new FakeModel(traits(given)));
    expect(sentence(el)).toBe(said);
    expect(text(el)).toContain("Kept in the file a.db.");
    expect(el.querySelector("img")).toBeNull();
  });

  test("the bar shows the share, and nothing while nothing runs", async () => {
    const model = new FakeModel(traits({ status: "running", count: 1, total: 4 }));
    const { el } = show(batchPrediction, model);
    const bar = el.querySelector("progress")!;
    expect(bar.getAttribute("value")).toBe("0.25");
    model.update({ status: "success", count: 4 });
    await settle();
    expect(bar.hasAttribute("data-idle")).toBe(true);
  });

  test("Cancel asks to end this run, and passes its focus on", async () => {
    const model = new FakeModel(traits({ status: "running", count: 1, total: 4, run: 3 }));
    const { el } = show(batchPrediction, model);
    expect(button(el, "clear").disabled).toBe(true);
    button(el, "cancel").focus();
    button(el, "cancel").click();
    await settle();
    expect(model.kinds("cancel")).toEqual([{ kind: "cancel", run: 3 }]);
    expect(text(button(el, "cancel"))).toBe("Cancelling …");
    model.update({ status: "success", stopped: true });
    await later(1);
    expect(button(el, "cancel").hidden).toBe(true);
    expect(document.activeElement).toBe(button(el, "clear"));
    model.update({ status: "running", run: 4 });
    await settle();
    expect(text(button(el, "cancel"))).toBe("Cancel");
  });

  test("Clear asks to remove what is there", () => {
    const model = new FakeModel(traits({ status: "success", count: 4, total: 4 }));
    const { el } = show(batchPrediction, model);
    button(el, "clear").click();
    expect(model.kinds("clear")).toHaveLength(1);
    expect(button(show(batchPrediction, new FakeModel(traits())).el, "clear").disabled).toBe(true);
  });
});
