import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import webcam from "../src/webcam";
import { define, type FakeCameras, fakeCameras, namedError } from "./fake_camera";
import { FakeModel, later, show, text } from "./fake_model";

let cameras: FakeCameras;
let model: FakeModel;
let views: { el: HTMLElement; remove: () => void }[] = [];
let hidden = false;

beforeEach(() => {
  vi.useFakeTimers();
  cameras = fakeCameras();
  hidden = false;
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  const traits = { width: 224, height: 224, period: 50, active: false, ready: false, facing_mode: "user" };
  model = new FakeModel(traits, { kernel: { status: "idle", connectionStatus: "connected" } });
});
afterEach(() => {
  for (const { remove } of views) remove();
  views = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function shown(): HTMLElement {
  const view = show(webcam, model);
  views.push(view);
  return view.el;
}

function press(el: HTMLElement, name: RegExp): void {
  const button = [...el.querySelectorAll("button")].find((candidate) => name.test(text(candidate)));
  if (!button) throw new Error(`no button ${name} in: ${text(el)}`);
  button.click();
}

async function started(): Promise<HTMLElement> {
  const el = shown();
  press(el, /Start/);
  await later(0);
  return el;
}

const frames = (): unknown[] => model.kinds("frame").map(({ id }) => id);
/** A kernel that takes every frame after `ms`. */
const takes = (ms: number): void => {
  model.kernel = ({ kind, id }) => {
    if (kind === "frame") setTimeout(() => model.say({ kind: "taken", id }), ms);
  };
};
const live = (): number => cameras.tracks.filter(({ readyState }) => readyState === "live").length;

describe("the camera", () => {
  test("is not asked for before the click", async () => {
    const el = shown();
    await later(2000);
    expect(cameras.constraints).toEqual([]);
    expect(text(el)).toContain("The camera is off.");
  });

  test("starts on the click, tells the kernel, and shows the live picture, mirrored", async () => {
    const el = await started();
    expect(model.saved).toEqual([["active", true], ["ready", true]]);
    expect(el.querySelector("video")?.className).toBe("marcelle-mirrored");
    expect(text(el)).toContain("Live");
  });

  test("is asked for once when start is clicked twice", async () => {
    const el = shown();
    press(el, /Start/);
    press(el, /Start/);
    await later(0);
    expect(cameras.constraints).toHaveLength(1);
  });

  test("is shared by two views, and stops with the last", async () => {
    const [first] = [await started(), shown()];
    await later(0);
    expect(cameras.tracks).toHaveLength(1);
    expect(first?.querySelectorAll("video")).toHaveLength(1);
    views[0]?.remove();
    expect(live()).toBe(1);
    views[1]?.remove();
    expect(live()).toBe(0);
    expect(model.get("active")).toBe(false);
    expect(model.listeners).toBe(0);
  });

  test("stops when the kernel says so", async () => {
    takes(1);
    const el = await started();
    await later(100);
    model.update({ active: false });
    await later(0);
    expect(live()).toBe(0);
    expect(model.get("ready")).toBe(false);
    press(el, /Start/);
    await later(0);
    expect(live()).toBe(1);
  });

  test("is not stopped by what the kernel said before it knew that the camera is on", async () => {
    await started();
    // The answer to the view's hello, given behind a busy cell.
    model.update({ active: false });
    await later(100);
    expect(live()).toBe(1);
    model.update({ active: true });
    model.say({ kind: "taken", id: frames()[0] });
    await later(100);
    expect(live()).toBe(1);
  });

  test("stops with the first frame where the kernel had said so before", async () => {
    await started();
    model.update({ active: false });
    await later(100);
    model.say({ kind: "taken", id: frames()[0] });
    await later(100);
    expect(live()).toBe(0);
  });

  test("stops thirty seconds after the tab was hidden, with a reason, and not before", async () => {
    const el = await started();
    const hide = (value: boolean): void => {
      hidden = value;
      document.dispatchEvent(new Event("visibilitychange"));
    };
    hide(true);
    await later(29_000);
    hide(false);
    await later(5000);
    expect(live()).toBe(1);
    hide(true);
    await later(31_000);
    expect(live()).toBe(0);
    expect(text(el)).toContain("hidden for 30 seconds");
  });

  test("stops when the kernel was restarted", async () => {
    const el = await started();
    model.dead = true;
    await later(1500);
    expect(live()).toBe(0);
    expect(text(el)).toContain("The kernel was restarted");
  });

  test("says when it was unplugged", async () => {
    const el = await started();
    cameras.tracks[0]?.dispatchEvent(new Event("ended"));
    await later(0);
    expect(text(el)).toContain("it was unplugged");
    expect(model.get("active")).toBe(false);
  });

  test.each(["stop", "remove"])("never stays on when %s comes while the browser still asks", async (what) => {
    let allow = (): void => {};
    cameras.answer = () => new Promise((resolve) => (allow = resolve));
    const el = shown();
    press(el, /Start/);
    await later(0);
    if (what === "stop") press(el, /Stop/);
    else views.pop()?.remove();
    allow();
    await later(0);
    expect(cameras.tracks).toHaveLength(1);
    expect(live()).toBe(0);
    expect(model.get("active")).toBe(false);
  });

  test("gives a choice where there are several, and turns when the kernel turns it", async () => {
    cameras.devices.push({ kind: "videoinput", deviceId: "two", label: "<b>Back</b>" });
    cameras.facing = "environment";
    const el = await started();
    const select = el.querySelector("select") as HTMLSelectElement;
    expect([...select.options].map((option) => text(option))).toEqual(["Front", "<b>Back</b>"]);
    select.value = "two";
    select.dispatchEvent(new Event("change"));
    await later(0);
    expect(cameras.constraints.at(-1)?.video).toMatchObject({ deviceId: { exact: "two" } });
    model.update({ facing_mode: "environment" });
    await later(0);
    expect(cameras.constraints.at(-1)?.video).toMatchObject({ facingMode: "environment" });
    expect(el.querySelector("video")?.className).toBe("");
    expect(live()).toBe(1);
    expect(model.saved).not.toContainEqual(["active", false]);
  });

  test("is given to the preview once, or it would begin anew at every drawing", async () => {
    let set = 0;
    let stream: unknown = null;
    Object.defineProperty(HTMLVideoElement.prototype, "srcObject", {
      configurable: true,
      get: () => stream,
      set: (value) => {
        stream = value;
        set += 1;
      },
    });
    await started();
    const before = set;
    await later(3000);
    expect(set).toBe(before);
  });

  test("plays on after its view was out of the page", async () => {
    const el = await started();
    const video = el.querySelector("video") as HTMLVideoElement;
    const play = vi.fn(async () => {});
    define(video, { paused: true, play });
    el.remove();
    await later(1000);
    expect(play).not.toHaveBeenCalled();
    document.body.append(el);
    await later(1000);
    expect(play).toHaveBeenCalled();
  });
});

describe("frames", () => {
  test("go one at a time: the next only after the kernel took it", async () => {
    await started();
    await later(1000);
    expect(frames()).toHaveLength(1);
    model.say({ kind: "taken", id: 1 });
    await later(1000);
    expect(frames()).toHaveLength(1);
    model.say({ kind: "taken", id: frames()[0] });
    await later(100);
    expect(frames()).toHaveLength(2);
    expect(model.sent.at(-1)?.buffers).toHaveLength(1);
  });

  test("start at least a period apart", async () => {
    takes(1);
    await started();
    await later(1000);
    expect(frames().length).toBeGreaterThanOrEqual(19);
    expect(frames().length).toBeLessThanOrEqual(21);
  });

  test("go on, as fast as the kernel takes them, and the rate is shown", async () => {
    takes(200);
    const el = await started();
    await later(4000);
    expect(text(el)).toMatch(/[45]\.\d pictures a second/);
  });

  test("are not sent after the end", async () => {
    takes(1);
    const el = await started();
    press(el, /Stop/);
    const count = frames().length;
    await later(1000);
    expect(frames()).toHaveLength(count);
  });

  test("go on after an answer was lost with the connection", async () => {
    await started();
    await later(500);
    const kernel = model.widget_manager?.kernel as { connectionStatus: string };
    kernel.connectionStatus = "connecting";
    model.awake = false;
    await later(5000);
    kernel.connectionStatus = "connected";
    model.awake = true;
    await later(6000);
    expect(frames().length).toBeGreaterThanOrEqual(2);
  });

  test("wait for a kernel that is busy, with a word about it", async () => {
    const el = await started();
    (model.widget_manager?.kernel as { status: string }).status = "busy";
    model.awake = false;
    await later(60_000);
    expect(frames()).toHaveLength(1);
    expect(text(el)).toContain("waiting for the kernel");
    expect(text(el)).toContain("busy with another cell");
  });
});

describe("a refusal", () => {
  test.each([
    ["NotAllowedError", /did not allow the camera/],
    ["NotFoundError", /no camera/],
    ["NotReadableError", /another program/],
    ["SomethingNewError", /did not start \(the browser's own words\)/],
  ])("%s is a sentence that names the alternative", async (name, sentence) => {
    cameras.answer = async () => {
      throw namedError(name);
    };
    const el = await started();
    const message = text(el.querySelector(".marcelle-picture [role=alert]"));
    expect(message).toMatch(sentence);
    expect(message).toContain("mnb.image_upload()");
    expect(model.get("active")).toBe(false);
    press(el, /Start/);
  });

  test("of the side wanted is answered by any camera", async () => {
    let asked = 0;
    cameras.answer = async () => {
      asked += 1;
      if (asked === 1) throw namedError("OverconstrainedError");
    };
    await started();
    expect(cameras.constraints[1]).toEqual({ audio: false, video: true });
    expect(live()).toBe(1);
  });

  test.each([
    ["an insecure page", () => vi.stubGlobal("isSecureContext", false), /secure page/],
    ["VS Code", () => vi.stubGlobal("acquireVsCodeApi", () => ({})), /VS Code/],
    ["a browser without cameras", () => define(navigator, { mediaDevices: undefined }), /no access to cameras/],
  ])("by %s is told before the click", async (_name, arrange, sentence) => {
    arrange();
    const el = shown();
    await later(0);
    expect(text(el.querySelector("[role=alert]"))).toMatch(sentence);
    expect(text(el)).toContain("mnb.image_upload()");
    press(el, /Start/);
    await later(0);
    expect(cameras.constraints).toEqual([]);
    expect(text(el.querySelector("[role=alert]"))).toMatch(sentence);
  });
});
