import { html } from "lit-html";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Context, view } from "../src/lib/view";
import { FakeModel, settle, show, text } from "./fake_model";

interface State {
  label: string;
  alert: string;
}

let context: Context<State>;
const widget = view<State>("sample", (given) => {
  context = given;
  return () => html`<b>${given.get("label")}</b>`;
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

const sample = (traits: Record<string, unknown> = {}): FakeModel => new FakeModel({ label: "cat", ...traits });

describe("a view", () => {
  test("says hello, draws its traits in a root of its own class, and says bye", () => {
    const model = sample();
    const { el, remove } = show(widget, model);
    expect(model.kinds("hello")).toEqual([{ kind: "hello", view: context.id, since: 0 }]);
    expect(text(el.querySelector(".marcelle.marcelle-sample b"))).toBe("cat");
    remove();
    expect(model.kinds("bye")).toEqual([{ kind: "bye", view: context.id }]);
  });

  test("leaves no listener and no timer behind, and is removed once only", () => {
    const model = sample();
    const { remove } = show(widget, model);
    remove();
    remove();
    expect(model.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(model.kinds("bye")).toHaveLength(1);
  });

  test("ends with the signal of newer hosts as well", () => {
    const model = sample();
    const controller = new AbortController();
    widget.render({ model, el: document.createElement("div"), signal: controller.signal });
    controller.abort();
    expect(model.listeners).toBe(0);
    expect(context.signal.aborted).toBe(true);
  });

  test("is drawn again after a change, once for several", async () => {
    const model = sample();
    const { el } = show(widget, model);
    model.update({ label: "dog" });
    model.update({ label: "<img src=x onerror=alert(1)>" });
    await settle();
    expect(text(el.querySelector("b"))).toBe("<img src=x onerror=alert(1)>");
    expect(el.querySelector("img")).toBeNull();
  });

  test("asks for one trait at a time and hears its own change", () => {
    const model = sample();
    show(widget, model);
    const reaction = vi.fn();
    context.react(reaction);
    context.ask("label", "dog");
    expect(model.saved).toEqual([["label", "dog"]]);
    expect(reaction).toHaveBeenCalled();
  });

  test("gives each custom message to the handlers of its kind, and ignores what is no message", () => {
    const model = sample();
    show(widget, model);
    const handler = vi.fn();
    context.on("items", handler);
    model.say({ kind: "items", request: 1 });
    model.say({ kind: "other" });
    model.say({ strange: true });
    expect(handler.mock.calls).toEqual([[{ kind: "items", request: 1 }, []]]);
  });

  test("works when its functions are taken out of the context", () => {
    const model = sample();
    show(widget, model);
    const { get, send, redraw, connection } = context;
    redraw();
    expect([get("label"), send({ kind: "x" }), connection()]).toEqual(["cat", true, "ok"]);
  });
});

describe("the alert line", () => {
  test("is there but hidden while there is nothing to say", () => {
    const { el } = show(widget, sample());
    const alert = el.querySelector<HTMLElement>("[role=alert]");
    expect(alert?.hidden).toBe(true);
  });

  test("shows the kernel's text as text", async () => {
    const model = sample();
    const { el } = show(widget, model);
    model.update({ alert: "<b>label</b>: expected text" });
    await settle();
    expect(text(el.querySelector("[role=alert]"))).toBe("<b>label</b>: expected text");
    expect(el.querySelector("[role=alert] b")).toBeNull();
  });

  test("says that the kernel was restarted as soon as the comm refuses", async () => {
    const model = sample();
    const { el } = show(widget, model);
    model.dead = true;
    expect(context.send({ kind: "click" })).toBe(false);
    await settle();
    expect(context.connection()).toBe("restarted");
    expect(text(el.querySelector("[role=alert]"))).toMatch(/^The kernel was restarted: run the cell again/);
  });
});
