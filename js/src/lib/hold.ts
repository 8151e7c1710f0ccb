/** Press and release: by pointer, by keyboard, and by assistive technology that only clicks. */
import type { Outgoing } from "./model";

interface Options {
  /** Aborted when the view is removed: what is held is released first. */
  signal: AbortSignal;
  send(content: Outgoing): unknown;
  /** Called when `down` changes. */
  changed(): void;
  /** Also send a `click` when the press ends on the control. */
  click?: boolean;
}

/** The kernel ignores a number that is not newer: all views of a page count together. */
let last = 0;

function nextNumber(): number {
  last = Math.max(last + 1, Date.now());
  return last;
}

const EVENTS = ["pointerup", "pointercancel", "blur"] as const;

/**
 * The listener of a control that is held. In a template: `@pointerdown=${hold} @keydown=${hold} @keyup=${hold}
 * @click=${hold} @blur=${hold} @contextmenu=${hold}`.
 */
export class Hold implements EventListenerObject {
  /** The pointer or key that holds the control, if any: only its own release counts. */
  #by: number | string | undefined;
  #target: Element | undefined;

  constructor(private readonly options: Options) {
    options.signal.addEventListener("abort", () => this.release());
  }

  get down(): boolean {
    return this.#by !== undefined;
  }

  handleEvent(event: Event): void {
    if (event.type === "pointerdown") this.#pointerDown(event as PointerEvent);
    else if (event.type === "keydown") this.#keyDown(event as KeyboardEvent);
    else if (event.type === "keyup") this.#keyUp(event as KeyboardEvent);
    else if (event.type === "click") this.#clicked(event as MouseEvent);
    else if (event.type === "contextmenu") this.#noMenu(event);
    else this.#end(event);
  }

  /** End the press, wherever the pointer is. */
  release(): void {
    if (!this.down) return;
    this.#by = undefined;
    this.#target = undefined;
    for (const name of EVENTS) globalThis.removeEventListener(name, this);
    document.removeEventListener("visibilitychange", this);
    this.options.send({ kind: "release", n: nextNumber() });
    this.options.changed();
  }

  #press(by: number | string, target: Element): void {
    this.#by = by;
    this.#target = target;
    for (const name of EVENTS) globalThis.addEventListener(name, this);
    document.addEventListener("visibilitychange", this);
    this.options.send({ kind: "press", n: nextNumber() });
    this.options.changed();
  }

  #click(): void {
    if (this.options.click) this.options.send({ kind: "click" });
  }

  #pointerDown(event: PointerEvent): void {
    if (this.down || event.button !== 0) return;
    const target = event.currentTarget as Element;
    // The capture brings the release here even from outside the page; where it is refused, the window's listener stays.
    try {
      target.setPointerCapture?.(event.pointerId);
    } catch {
      // A pointer that is already gone cannot be captured.
    }
    this.#press(event.pointerId, target);
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!this.down && !event.repeat) this.#press(event.key, event.currentTarget as Element);
  }

  #keyUp(event: KeyboardEvent): void {
    if (event.key !== " " && event.key !== "Enter") return;
    // Without this, Firefox clicks at the end of Space.
    event.preventDefault();
    if (this.#by !== event.key) return;
    this.release();
    this.#click();
  }

  /** Pointer and keyboard are dealt with above; a click that is nobody's comes from a screen reader or a script. */
  #clicked(event: MouseEvent): void {
    if (event.detail !== 0 || this.down) return;
    this.#press("click", event.currentTarget as Element);
    this.release();
    this.#click();
  }

  /** A long touch would open the menu and cancel the press. */
  #noMenu(event: Event): void {
    if (this.down) event.preventDefault();
  }

  #end(event: Event): void {
    if (!this.down) return;
    if (event.type === "visibilitychange" && !document.hidden) return;
    if (event.type.startsWith("pointer") && (event as PointerEvent).pointerId !== this.#by) return;
    const inside = event.type === "pointerup" && contains(this.#target, event as PointerEvent);
    this.release();
    if (inside) this.#click();
  }
}

function contains(target: Element | undefined, { clientX, clientY }: PointerEvent): boolean {
  const box = target?.getBoundingClientRect();
  if (!box) return false;
  return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}
