import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import confidencePlot from "../src/confidence_plot";
import { FakeModel, later, settle, show, text } from "./fake_model";

const HOSTILE = "<img src=x onerror=window.__pwn=1>";
const prediction = (label: string | null, confidences: [string, number][]) => ({ prediction: { label, confidences } });

describe("the confidence plot", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => document.body.replaceChildren());

  test("names the winner with its confidence and keeps the order that is given", async () => {
    const model = new FakeModel(prediction("wave", [["clap", 0.07], ["wave", 0.93]]));
    const { el } = show(confidencePlot, model);
    expect(text(el.querySelector(".marcelle-answer"))).toBe("wave 93 %");
    expect([...el.querySelectorAll("li")].map(text)).toEqual(["clap 7 %", "wave 93 %"]);
    model.update(prediction("clap", [["clap", 0.8], ["wave", 0.2]]));
    await settle();
    expect(text(el.querySelector(".marcelle-answer"))).toBe("clap 80 %");
    expect([...el.querySelectorAll("li")].map(text)).toEqual(["clap 80 %", "wave 20 %"]);
  });

  test("each bar is a meter with its value", () => {
    const { el } = show(confidencePlot, new FakeModel(prediction("wave", [["wave", 0.931], ["clap", 7]])));
    const meters = [...el.querySelectorAll("[role=meter]")];
    expect(meters.map((meter) => meter.getAttribute("aria-valuenow"))).toEqual(["93", "100"]);
    expect(meters.map((meter) => meter.getAttribute("aria-label"))).toEqual(["wave", "clap"]);
    expect((meters[0]!.firstElementChild as HTMLElement).style.transform).toBe("scaleX(0.93)");
  });

  test.each([[{ prediction: null }], [prediction(null, [])]])("says that there is no prediction yet: %j", (traits) => {
    const { el } = show(confidencePlot, new FakeModel(traits));
    expect(text(el)).toBe("No prediction yet");
    expect(el.querySelector("li")).toBeNull();
  });

  test("a label alone is named without bars, and bars without a label have no winner", async () => {
    const model = new FakeModel(prediction("wave", []));
    const { el } = show(confidencePlot, model);
    expect(text(el)).toBe("wave");
    expect(el.querySelector("ul")).toBeNull();
    model.update(prediction(null, [["", 0.2], ["wave", 0.8]]));
    await settle();
    expect([...el.querySelectorAll("li")].map(text)).toEqual(["20 %", "wave 80 %"]);
    expect(el.querySelector(".marcelle-answer, .marcelle-winner")).toBeNull();
  });

  test("a hostile label is text", () => {
    const { el } = show(confidencePlot, new FakeModel(prediction(HOSTILE, [[HOSTILE, 1]])));
    expect(el.querySelector("img")).toBeNull();
    expect(text(el.querySelector(".marcelle-answer b"))).toBe(HOSTILE);
    expect(el.querySelector("li .marcelle-label")!.getAttribute("title")).toBe(HOSTILE);
  });

  test("reads out a winner that stays, not twenty a second", async () => {
    const model = new FakeModel(prediction("wave", [["wave", 1]]));
    const { el } = show(confidencePlot, model);
    const status = el.querySelector("[role=status]")!;
    for (let i = 0; i < 40; i++) {
      model.update(prediction(i % 2 ? "wave" : "clap", [["wave", 0.5], ["clap", 0.5]]));
      await later(50);
    }
    expect(text(status)).toBe("");
    await later(1000);
    expect(text(status)).toBe("wave");
  });

  test("a list that scrolls can be reached from the keyboard", () => {
    const pairs = Array.from({ length: 100 }, (_, i): [string, number] => [`label ${i}`, 0.01]);
    const { el, remove } = show(confidencePlot, new FakeModel(prediction("label 3", pairs)));
    expect(el.querySelectorAll("li")).toHaveLength(100);
    expect(el.querySelector("ul")!.getAttribute("tabindex")).toBe("0");
    remove();
  });
});
