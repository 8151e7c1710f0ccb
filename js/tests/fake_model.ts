/** Plays anywidget's model and, where a test asks for it, the kernel behind it. */
import { onTestFinished, vi } from "vitest";
import type { Manager, Model } from "../src/lib/model";

type Callback = (...values: never[]) => void;
type Sent = { content: Record<string, unknown>; buffers: ArrayBuffer[] };

export class FakeModel implements Model {
  /** Every message that the page sent, in order; `pings` apart, they are noise to most tests. */
  readonly sent: Sent[] = [];
  readonly pings: Record<string, unknown>[] = [];
  /** Trait writes that reached the kernel, in order. */
  readonly saved: [string, unknown][] = [];
  /** True: `send` throws as JupyterLab's does after a restart from the menu. */
  dead = false;
  /** Answer pings, as a kernel that is awake does. */
  awake = true;
  /** Called with every message; what a test's kernel does goes here. */
  kernel: (content: Record<string, unknown>, buffers: ArrayBuffer[]) => void = () => {};
  readonly widget_manager?: Manager;
  #traits: Record<string, unknown>;
  #unsaved = new Map<string, unknown>();
  #callbacks = new Map<string, Set<Callback>>();

  constructor(traits: Record<string, unknown>, manager?: Manager) {
    this.#traits = { alert: "", component_id: "component", ...traits };
    if (manager) this.widget_manager = manager;
  }

  get(name: string): unknown {
    return this.#traits[name];
  }

  set(name: string, value: unknown): void {
    if (this.#traits[name] === value) return;
    this.#unsaved.set(name, value);
    this.update({ [name]: value });
  }

  save_changes(): void {
    this.saved.push(...this.#unsaved);
    this.#unsaved.clear();
  }

  send(content: unknown, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    if (this.dead) throw new Error("Cannot send");
    const message = content as Record<string, unknown>;
    if (message.kind === "ping") this.#ping(message);
    else this.sent.push({ content: message, buffers });
    this.kernel(message, buffers);
  }

  on(name: string, callback: Callback): void {
    this.#callbacks.set(name, (this.#callbacks.get(name) ?? new Set()).add(callback));
  }

  off(name: string, callback?: Callback): void {
    if (callback) this.#callbacks.get(name)?.delete(callback);
    else this.#callbacks.delete(name);
  }

  /** The kernel writes traits. */
  update(traits: Record<string, unknown>): void {
    Object.assign(this.#traits, traits);
    for (const name of Object.keys(traits)) this.#emit(`change:${name}`);
    this.#emit("change");
  }

  /** The kernel sends a custom message. */
  say(content: Record<string, unknown>, buffers: DataView[] = []): void {
    this.#emit("msg:custom", content, buffers);
  }

  /** The contents of the messages of one kind that the page sent. */
  kinds(kind: string): Record<string, unknown>[] {
    return this.sent.filter(({ content }) => content.kind === kind).map(({ content }) => content);
  }

  /** How many listeners are left: none after a view was removed. */
  get listeners(): number {
    return [...this.#callbacks.values()].reduce((sum, set) => sum + set.size, 0);
  }

  #ping(message: Record<string, unknown>): void {
    this.pings.push(message);
    if (!this.awake) return;
    const names = Object.keys(message.views as object);
    this.say({ kind: "pong", newest: Object.fromEntries(names.map((name) => [name, 0])) });
  }

  #emit(name: string, ...values: unknown[]): void {
    for (const callback of [...(this.#callbacks.get(name) ?? [])]) callback(...(values as never[]));
  }
}

interface Widget {
  render(given: { model: Model; el: HTMLElement; signal?: AbortSignal }): () => void;
}

/** Render a view as anywidget does, into the document; it goes with the test: its timers must not outlive the page. */
export function show(widget: Widget, model: Model): { el: HTMLElement; remove: () => void } {
  const el = document.createElement("div");
  document.body.append(el);
  let cleanup: (() => void) | undefined = widget.render({ model, el });
  const remove = () => {
    cleanup?.();
    cleanup = undefined;
    el.remove();
  };
  onTestFinished(remove);
  return { el, remove };
}

/** Let the promises that are under way, and the redraw that follows them, finish; also under fake timers. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}

/** The text of an element with its white space folded, as a reader sees it. */
export function text(el: Element | null): string {
  return (el?.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** Advance fake timers and let everything settle. */
export async function later(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}
