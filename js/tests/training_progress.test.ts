import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import predictionProgress from "../src/prediction_progress";
import trainingProgress from "../src/training_progress";
import { FakeModel, settle, show, text } from "./fake_model";

const traits = (message: string, progress: number | null, type = "default", detail = "") => ({
  progress: { message, progress, type },
  detail,
});

describe.each([
  ["training", trainingProgress, "Training"],
  ["prediction", predictionProgress, "Prediction"],
])("the bar of a %s", (stem, widget, label) => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("says what is under way, how far it is, and where", async () => {
    const model = new FakeModel(traits("Status: epoch", 0.258, "default", "5 of 20"));
    const { el } = show(widget, model);
    expect(el.querySelector(`.marcelle-${stem}_progress`)).not.toBeNull();
    const bar = el.querySelector("progress")!;
    expect([bar.getAttribute("value"), bar.getAttribute("aria-label")]).toEqual(["0.258", label]);
    expect(text(el)).toBe("Status: epoch 5 of 20 25 %");
    model.update(traits("Status: success", 1, "success"));
    await settle();
    expect([bar.getAttribute("value"), bar.dataset.type]).toEqual(["1", "success"]);
  });

  test("where nobody knows how far, the bar has no value", () => {
    const { el } = show(widget, new FakeModel(traits("Status: loading", null)));
    expect(el.querySelector("progress")!.hasAttribute("value")).toBe(false);
    expect(text(el)).toBe("Status: loading");
  });

  test("before it begins, there is no share", () => {
    const { el } = show(widget, new FakeModel(traits("Status: idle", 0, "idle")));
    expect(el.querySelector<HTMLElement>(".marcelle-share")!.hidden).toBe(true);
  });

  test.each([["what could not begin has no share", 0, true], ["what failed says how far it was", 0.25, false]])(
    "%s",
    (_, share, hidden) => {
      const { el } = show(widget, new FakeModel(traits("Status: error", share, "danger", "no rows")));
      expect(el.querySelector<HTMLElement>(".marcelle-share")!.hidden).toBe(hidden);
      expect(el.querySelector("progress")!.getAttribute("value")).toBe(String(share));
    },
  );

  test("reads out the status, not the numbers, and shows a reason as text", () => {
    const model = new FakeModel(traits("Status: error", 0.25, "danger", "<img src=x>"));
    const { el, remove } = show(widget, model);
    expect(text(el.querySelector("[role=status]"))).toBe("Status: error");
    expect(text(el)).toContain("<img src=x>");
    expect(el.querySelector("img")).toBeNull();
    remove();
    expect(model.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
