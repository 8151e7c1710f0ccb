/** The camera of one component: shared by all its views on the page, and in step with the component's traits. */
import { Camera, type Facing } from "./camera";
import { Frames } from "./frames";
import type { Context } from "./view";

export interface WebcamState {
  width: number;
  height: number;
  period: number;
  active: boolean;
  ready: boolean;
  facing_mode: Facing;
}

const HIDDEN_MS = 30_000;
const HIDDEN = "The camera was stopped because the tab was hidden for 30 seconds.";
const TICK_MS = 500;
/** After a lost connection, an answer that did not come in this time went with it. */
const AFTER_DROP_MS = 1000;

const shared = new Map<string, SharedCamera>();

export class SharedCamera {
  readonly camera = new Camera(() => this.#changed());
  readonly frames: Frames;
  #views = new Set<Context<WebcamState>>();
  #tick: ReturnType<typeof setInterval> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;
  #facing: Facing;
  /** The kernel has taken a frame since the camera was opened, so what it says about the camera is no older than that. */
  #known = false;
  /** The connection was lost while a frame was under way. */
  #dropped = false;

  private constructor(
    private readonly component: string,
    context: Context<WebcamState>,
  ) {
    this.#facing = context.get("facing_mode");
    this.frames = new Frames({
      video: this.camera.video,
      width: context.get("width"),
      height: context.get("height"),
      period: context.get("period"),
      send: (content, buffers) => this.#view?.send(content, buffers) ?? false,
    });
    document.addEventListener("visibilitychange", this.#visibility);
  }

  /** Take part in the component's camera until the view is removed; meanwhile it is drawn about twice a second. */
  static join(component: string, context: Context<WebcamState>): SharedCamera {
    const camera = shared.get(component) ?? new SharedCamera(component, context);
    shared.set(component, camera);
    camera.#views.add(context);
    context.on("taken", ({ id }) => camera.#taken(id, context));
    context.react(() => camera.#react(context));
    context.signal.addEventListener("abort", () => camera.#leave(context));
    return camera;
  }

  /** Only from a click: the browser asks the user. */
  start(device?: string): void {
    const context = this.#view;
    if (!context) return;
    this.#facing = context.get("facing_mode");
    void this.camera.open(this.#facing, device);
  }

  stop(problem = ""): void {
    this.camera.close(problem);
  }

  flip(): void {
    // The trait's change does the rest, as when the kernel turns the camera.
    this.#view?.ask("facing_mode", this.#facing === "user" ? "environment" : "user");
  }

  get #view(): Context<WebcamState> | undefined {
    return this.#views.values().next().value;
  }

  #leave(context: Context<WebcamState>): void {
    if (this.#views.size === 1) {
      this.stop();
      shared.delete(this.component);
      document.removeEventListener("visibilitychange", this.#visibility);
      clearTimeout(this.#hidden);
    }
    this.#views.delete(context);
  }

  /** A trait or the connection changed. */
  #react(context: Context<WebcamState>): void {
    const connection = context.connection();
    if (connection === "restarted") return this.stop();
    if (connection !== "ok") this.#dropped ||= connection !== "busy";
    else if (this.#dropped) {
      this.#dropped = false;
      this.frames.recover(AFTER_DROP_MS);
    }
    this.#obey(context);
  }

  /** The kernel may switch the camera off, or turn it around. */
  #obey(context: Context<WebcamState>): void {
    if (this.camera.phase !== "on") return;
    if (this.#known && !context.get("active")) this.stop();
    else if (context.get("facing_mode") !== this.#facing) this.start();
  }

  /** The camera changed: tell the kernel and the views. */
  #changed(): void {
    const on = this.camera.phase === "on";
    if (on) this.frames.start();
    else this.frames.stop();
    this.#known = false;
    // While it is being turned around the camera counts as active, or the kernel would see it end.
    this.#ask("active", this.camera.phase !== "off");
    this.#ask("ready", on);
    this.#beat(on);
    this.#redraw();
  }

  #redraw(): void {
    for (const context of this.#views) context.redraw();
  }

  #ask(name: "active" | "ready", value: boolean): void {
    if (this.#view && this.#view.get(name) !== value) this.#view.ask(name, value);
  }

  #beat(on: boolean): void {
    if (on === (this.#tick !== undefined)) return;
    clearInterval(this.#tick);
    this.#tick = on ? setInterval(() => this.#ticked(), TICK_MS) : undefined;
  }

  #ticked(): void {
    if (this.#view?.connection() === "ok") this.frames.recover();
    this.#redraw();
  }

  #taken(id: unknown, context: Context<WebcamState>): void {
    if (this.frames.taken(id)) this.#known = true;
    this.#obey(context);
  }

  #visibility = (): void => {
    clearTimeout(this.#hidden);
    if (document.hidden) this.#hidden = setTimeout(() => this.#hide(), HIDDEN_MS);
  };

  #hide(): void {
    if (this.camera.phase !== "off") this.stop(HIDDEN);
  }
}
