import { html } from "lit-html";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Kernel } from "../src/lib/model";
import { type Context, view } from "../src/lib/view";
import { FakeModel, later, show, text } from "./fake_model";

let contexts: Context<object>[] = [];
const widget = view<object>("sample", (context) => {
  contexts.push(context);
  return () => html`sample`;
});

let kernel: Required<Kernel>;
/** JupyterLab tells of every change of the connection. */
let told: (() => void)[] = [];
let manager: { kernel?: Kernel };
let hidden = false;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  hidden = false;
  told = [];
  const connectionStatusChanged = { connect: (slot: () => void) => told.push(slot) };
  kernel = { status: "idle", connectionStatus: "connected", connectionStatusChanged };
  manager = { kernel };
});
afterEach(async () => {
  vi.useRealTimers();
  document.body.replaceChildren();
  contexts = [];
});

function shown(name = "a", host: { kernel?: Kernel } | undefined = manager) {
  const model = new FakeModel({ component_id: name }, host);
  const view_ = show(widget, model);
  const context = contexts.at(-1) as Context<object>;
  return { model, context, ...view_, alert: () => text(view_.el.querySelector("[role=alert]")) };
}

/** The states that a view goes through while `ms` pass. */
async function states(context: Context<object>, ms: number): Promise<string[]> {
  const seen = [context.connection()];
  for (let passed = 0; passed < ms; passed += 100) {
    await later(100);
    if (seen.at(-1) !== context.connection()) seen.push(context.connection());
  }
  return seen;
}

describe("the pulse", () => {
  test("sends one ping a second for all views of the page", async () => {
    const [a, b] = [shown("a"), shown("b")];
    const second = show(widget, a.model);
    await later(10_000);
    const pings = [...a.model.pings, ...b.model.pings];
    expect(pings.length).toBeGreaterThanOrEqual(9);
    expect(pings.length).toBeLessThanOrEqual(11);
    const [first, , twin] = contexts.map((context) => context.id);
    expect(pings.at(-1)).toEqual({ kind: "ping", views: { a: [first, twin], b: [b.context.id] } });
    for (const view_ of [a, b, second]) view_.remove();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is shared by bundles that were loaded apart", async () => {
    const a = shown("a");
    vi.resetModules();
    const { view: other } = (await import("../src/lib/view")) as { view: typeof view };
    const model = new FakeModel({ component_id: "b" }, manager);
    const b = show(other<object>("other", () => () => html`b`), model);
    await later(5000);
    expect(a.model.pings.length + model.pings.length).toBeLessThanOrEqual(6);
    a.remove();
    b.remove();
  });

  test("stays silent in a hidden page", async () => {
    hidden = true;
    const { model, context } = shown();
    expect(await states(context, 10_000)).toEqual(["ok"]);
    expect(model.pings).toHaveLength(0);
  });

  test("tells every view how far its log has come, through whichever widget the answer arrives", async () => {
    const [a, b] = [shown("a"), shown("b")];
    const heard = vi.fn();
    b.context.on("pong", heard);
    a.model.say({ kind: "pong", newest: { a: 0, b: 7, gone: 1 } });
    expect(heard).toHaveBeenCalledWith({ kind: "pong", newest: { b: 7 } }, []);
  });
});

describe("a kernel that does not answer", () => {
  test("is called restarted within five seconds where the host calls it idle", async () => {
    const { model, context, alert } = shown();
    await later(2300);
    model.awake = false;
    expect(await states(context, 5000)).toEqual(["ok", "restarted"]);
    expect(alert()).toMatch(/^The kernel was restarted/);
  });

  test("is called restarted within five seconds also where it took two of them to start", async () => {
    const { model, context } = shown();
    await later(2300);
    model.awake = false;
    kernel.status = "restarting";
    setTimeout(() => (kernel.status = "idle"), 2000);
    expect((await states(context, 5000)).at(-1)).toBe("restarted");
  });

  test("is called restarted within a second where sending fails, also where nobody sends", async () => {
    const [a, b] = [shown("a"), shown("b")];
    await later(1000);
    a.model.dead = b.model.dead = true;
    await later(1500);
    expect([a.context.connection(), b.context.connection()]).toEqual(["restarted", "restarted"]);
  });

  test("is called busy while the host says so, and the word is taken back without a false alarm", async () => {
    const { model, context, alert } = shown();
    await later(1000);
    model.awake = false;
    kernel.status = "busy";
    expect(await states(context, 8000)).toEqual(["ok", "busy"]);
    expect(alert()).toMatch(/busy with another cell/);
    kernel.status = "idle";
    setTimeout(() => {
      model.awake = true;
      model.say({ kind: "pong", newest: { a: 0 } });
    }, 300);
    expect(await states(context, 8000)).toEqual(["busy", "ok"]);
    expect(alert()).toBe("");
  });

  test("is asked rarely while it is busy: all the questions wait for it", async () => {
    const { model } = shown();
    model.awake = false;
    kernel.status = "busy";
    await later(60_000);
    expect(model.pings.length).toBeLessThan(20);
  });

  test("is called lost while the connection is, and not restarted while it comes back", async () => {
    const { model, context, alert } = shown();
    await later(1000);
    model.awake = false;
    kernel.connectionStatus = "connecting";
    expect(await states(context, 5000)).toEqual(["ok", "disconnected"]);
    expect(alert()).toMatch(/reconnecting/);
    // What was sent meanwhile is lost.
    kernel.connectionStatus = "connected";
    model.awake = true;
    expect(await states(context, 1000)).toEqual(["disconnected", "ok"]);
  });

  test("is called lost, not restarted, where the network is gone and the host has not noticed", async () => {
    const { model, context } = shown();
    await later(1000);
    const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    model.awake = false;
    expect(await states(context, 8000)).toEqual(["ok", "disconnected"]);
    online.mockReturnValue(true);
    model.awake = true;
    expect(await states(context, 1000)).toEqual(["disconnected", "ok"]);
  });

  test("is found restarted also on a computer without a network", async () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const { model, context } = shown();
    expect(await states(context, 3000)).toEqual(["ok"]);
    model.dead = true;
    await later(1500);
    expect(context.connection()).toBe("restarted");
  });

  test("is called silent where the host knows nothing", async () => {
    const { model, context, alert } = shown("a", {});
    model.awake = false;
    expect(await states(context, 5000)).toEqual(["ok", "silent"]);
    expect(alert()).toMatch(/busy or was restarted/);
    model.awake = true;
    await later(6000);
    expect(context.connection()).toBe("ok");
  });

  test("raises no alarm while its answers only come late", async () => {
    const { model, context } = shown();
    model.awake = false;
    model.kernel = ({ kind }) => {
      if (kind === "ping") setTimeout(() => model.say({ kind: "pong", newest: { a: 0 } }), 2500);
    };
    expect(await states(context, 20_000)).toEqual(["ok"]);
  });

  test("raises no false alarm when a hidden page returns", async () => {
    const { model, context } = shown();
    await later(1200);
    model.awake = false;
    await later(400);
    hidden = true;
    await later(60_000);
    hidden = false;
    setTimeout(() => (model.awake = true), 1500);
    expect(await states(context, 6000)).toEqual(["ok"]);
  });

  test("raises no false alarm when the computer wakes up", async () => {
    const { model, context } = shown();
    model.awake = false;
    await later(1200);
    // The clock went on, the timers did not.
    const now = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => now + 3_600_000);
    await later(500);
    expect(context.connection()).toBe("ok");
  });
});

describe("a connection that was lost", () => {
  const hellos = (model: FakeModel) => model.kinds("hello").map(({ since }) => since);

  test("makes every view say hello again once the kernel answers, with what it knows", async () => {
    const [a, b] = [shown("a"), shown("b")];
    await later(1000);
    a.context.known = 7;
    a.model.awake = b.model.awake = false;
    kernel.connectionStatus = "connecting";
    await later(5000);
    expect(hellos(a.model)).toEqual([0]);
    kernel.connectionStatus = "connected";
    a.model.awake = b.model.awake = true;
    await later(1000);
    expect([hellos(a.model), hellos(b.model)]).toEqual([[0, 7], [0, 0]]);
    await later(5000);
    expect(hellos(a.model)).toHaveLength(2);
  });

  test("is noticed also where it was lost for a moment only", async () => {
    const { model } = shown();
    await later(1100);
    expect(told).toHaveLength(1);
    told[0]!();
    await later(1000);
    expect(hellos(model)).toEqual([0, 0]);
  });

  test("does not count a kernel that was only busy: its messages wait and arrive", async () => {
    const { model, context } = shown();
    await later(1000);
    model.awake = false;
    kernel.status = "busy";
    await later(6000);
    expect(context.connection()).toBe("busy");
    kernel.status = "idle";
    model.awake = true;
    await later(2000);
    expect(context.connection()).toBe("ok");
    expect(hellos(model)).toEqual([0]);
  });
});

describe("widgets of a kernel that was replaced", () => {
  test("are found out beside those of the new one, and do not drag them along", async () => {
    const old = shown("old");
    await later(1000);
    old.model.awake = false;
    const fresh = shown("fresh");
    fresh.model.kernel = (content) => {
      if (content.kind === "ping") fresh.model.say({ kind: "pong", newest: { fresh: 0 } });
    };
    fresh.model.awake = false;
    const seen = states(fresh.context, 10_000);
    await later(10_000);
    expect(await seen).toEqual(["ok"]);
    expect(old.context.connection()).toBe("restarted");
  });

  test("whose comm is dead are found out too", async () => {
    const [old, fresh] = [shown("old"), shown("fresh")];
    old.model.dead = true;
    await later(3000);
    expect([old.context.connection(), fresh.context.connection()]).toEqual(["restarted", "ok"]);
  });
});
