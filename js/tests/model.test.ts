import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Manager } from "../src/lib/model";
import model from "../src/model";
import { FakeModel, later, settle, show, text } from "./fake_model";

/** A chart without a canvas. */
const plots = vi.hoisted(() => [] as { data: number[][]; removed: boolean; draws: number }[]);
vi.mock("uplot", () => ({
  default: class {
    data = [[], [], []] as number[][];
    cursor = { idx: null };
    removed = false;
    draws = 0;
    constructor() {
      plots.push(this);
    }
    setData(data: number[][]) {
      this.data = data.map((column) => [...column]);
      this.draws++;
    }
    setSize() {}
    redraw() {}
    destroy() {
      this.removed = true;
    }
  },
}));

const TRAITS = {
  title: "mlp",
  kinds: { epochs: { type: "integer", min: 1 } },
  epochs: 20,
  dataset: "gestures, 24 instances of 3 labels",
  can_train: true,
  control: "IPY_MODEL_c",
};

let number: number;
let widget: FakeModel;
let control: FakeModel;

/** The kernel tells the next entries of its log. */
async function tell(...entries: object[]): Promise<void> {
  const numbered = entries.map((entry) => [++number, { epoch: null, epochs: null, run: 1, data: null, ...entry }]);
  widget.say({ kind: "log", entries: numbered, newest: number });
  await settle();
}
const start = (run = 1) => ({ status: "start", epochs: 20, run });
const epoch = (n: number) => ({ status: "epoch", epoch: n, epochs: 20, data: { loss: 1 / n, accuracy: 0.5 } });

function open(traits: object = {}, get_model: Manager["get_model"] = async () => control) {
  widget = new FakeModel({ ...TRAITS, ...traits }, { get_model } as Manager);
  const { el, remove } = show(model, widget);
  const button = (name: string) => el.querySelector<HTMLButtonElement>(`.marcelle-${name}`)!;
  return { el, remove, button, status: () => text(el.querySelector(".marcelle-status")) };
}

describe("the companion of a model", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    plots.length = 0;
    number = 0;
    control = new FakeModel({});
  });
  afterEach(() => document.body.replaceChildren());

  test("trains on a click, and tells why it cannot", async () => {
    const { button, el } = open();
    button("train").click();
    expect(widget.kinds("train")).toHaveLength(1);
    widget.update({ can_train: false, dataset: "" });
    await settle();
    expect(button("train").disabled).toBe(true);
    expect(text(button("train"))).toBe("Train: no dataset");
    expect(text(el)).toContain("No dataset yet: set model.dataset");
  });

  test("while it trains, there is Cancel, and no second Train or Clear", async () => {
    const { button, status, el } = open();
    expect(button("cancel").hidden).toBe(true);
    await tell(start(), epoch(12));
    expect(status()).toBe("Epoch 12 of 20, loss 0.083, accuracy 0.50");
    expect([button("train").disabled, button("clear").disabled, button("cancel").hidden]).toEqual([true, true, false]);
    const progress = el.querySelector("progress")!;
    expect([progress.getAttribute("value"), progress.getAttribute("max")]).toEqual(["12", "20"]);
    await tell({ status: "success", data: { stopped: true } });
    expect(button("cancel").hidden).toBe(true);
    button("clear").click();
    expect(widget.kinds("clear")).toHaveLength(1);
  });

  test("shows why a training failed, as text", async () => {
    const { el, status } = open();
    await tell({ status: "error", data: { message: "two labels are needed, got <img src=x>" } });
    expect(status()).toBe("Training failed: two labels are needed, got <img src=x>");
    expect(el.querySelector("img")).toBeNull();
  });

  test("says hello to the control, and cancels through it", async () => {
    const { button } = open();
    await settle();
    expect(control.kinds("hello")).toHaveLength(1);
    await tell(start(7));
    // the first may have been said before JupyterLab had a subshell to say it on
    expect(control.kinds("hello")).toHaveLength(2);
    button("cancel").click();
    expect(control.kinds("cancel")).toEqual([{ kind: "cancel", run: 7 }]);
    control.say({ kind: "cancelled", run: 7 });
    await later(1500);
    expect(text(button("cancel"))).toBe("Cancelling …");
    await tell({ status: "success", data: { stopped: true } }, start(8));
    expect(text(button("cancel"))).toBe("Cancel");
    expect(widget.kinds("cancel")).toEqual([]);
  });

  test("a cancel that is not answered within a second says that the kernel is busy", async () => {
    const { button } = open();
    await tell(start());
    button("cancel").click();
    await later(900);
    expect(text(button("cancel"))).toBe("Cancelling …");
    await later(200);
    expect(text(button("cancel"))).toBe("Kernel busy: cancels when it can");
  });

  test.each([
    ["is refused", () => Promise.reject(new Error("model not found"))],
    ["is unknown to the host", async () => undefined],
    ["cannot be asked for", null],
  ])("cancels through the widget where the control %s", async (_, get_model) => {
    const { button } = open({}, get_model as unknown as Manager["get_model"]);
    await tell(start(3));
    button("cancel").click();
    expect(widget.kinds("cancel")).toEqual([{ kind: "cancel", run: 3 }]);
  });

  test("draws a chart per metric, at most ten times a second, with every epoch", async () => {
    const { el } = open();
    expect(el.querySelector<HTMLElement>(".marcelle-curves")!.hidden).toBe(true);
    await tell(start());
    for (let n = 1; n <= 100; n++) {
      await tell(epoch(n));
      await later(10);
    }
    await later(200);
    expect(plots).toHaveLength(2);
    expect(plots[0]!.data[0]).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(plots[0]!.draws).toBeLessThan(14);
    expect([...el.querySelectorAll("figcaption strong")].map(text)).toEqual(["Loss", "Accuracy"]);
  });

  test("a second training replaces the curves, one without epochs takes them away", async () => {
    const { el } = open();
    await tell(start(), epoch(1), epoch(2));
    await later(500);
    await tell(start(2), epoch(1));
    await later(500);
    expect(plots[0]!.data[0]).toEqual([1]);
    await tell(start(3), { status: "success", run: 3 });
    await later(1000);
    expect(plots.every((plot) => plot.removed)).toBe(true);
    expect(el.querySelector<HTMLElement>(".marcelle-curves")!.hidden).toBe(true);
  });

  test("is complete after a reload, also when the last message was lost", async () => {
    const { status } = open();
    await tell(start(), epoch(1));
    widget.say({ kind: "pong", newest: { component: 4 } });
    expect(widget.kinds("since")).toEqual([{ kind: "since", since: 2 }]);
    await tell(epoch(2), { status: "success" });
    expect(status()).toMatch(/^Trained: epoch 2/);
  });

  test("hands the keyboard from Train to Cancel and back", async () => {
    const { button } = open();
    button("train").focus();
    await tell(start());
    await later(10);
    expect(document.activeElement).toBe(button("cancel"));
    await tell({ status: "success" });
    await later(10);
    expect(document.activeElement).toBe(button("train"));
  });

  test("leaves nothing behind", async () => {
    const { remove } = open();
    await tell(start(), epoch(1));
    await later(500);
    remove();
    expect([widget.listeners, control.listeners]).toEqual([0, 0]);
    expect(plots.every((plot) => plot.removed)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
