/** A plot of points: says what the pointer and the keyboard do with them. */
import { Plane } from "./plane";
import { type Pixel, PlotPainter, type Scene } from "./plot_painter";
import { PointFinder } from "./point_finder";
import type { Points } from "./points";
import { onThemeChange } from "./theme";

export type Mode = "rectangle" | "lasso" | "move";

/** What is told to the view. */
export interface Listener {
  /** A point is under the pointer or the keyboard's mark; null: none. */
  hovered(point: number | null): void;
  clicked(point: number): void;
  selected(points: Uint32Array): void;
}

/** A pointer that moved less has clicked. */
const STILL = 4;
/** Wheel events this close belong to one turn, which goes on with what it began: the page, or the plot. */
const TURN_MS = 250;

interface Drag {
  mode: Mode;
  adds: boolean;
  trail: Pixel[];
  moved: boolean;
}

export class ScatterPlot implements Scene {
  readonly node = document.createElement("div");
  readonly plane = new Plane();
  mode: Mode = "rectangle";
  /** The codes whose points are not shown. */
  readonly hidden = new Set<number>();
  selection = new Uint32Array(0);
  hovered: number | null = null;
  readonly points: Points;
  marked: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #listener: Listener;
  #finder = new PointFinder(this);
  #painter: PlotPainter;
  #frame = 0;
  #baseIsOld = true;
  #drag: Drag | null = null;
  #lastWheel = { time: -Infinity, mine: false };

  constructor(points: Points, listener: Listener, signal: AbortSignal) {
    this.points = points;
    this.#listener = listener;
    this.node.className = "marcelle-plane";
    this.#painter = new PlotPainter(this, this.node);
    this.#listen(signal);
  }

  /** The points have changed. */
  renew(): void {
    this.#finder.renew();
    if (this.plane.isFitted) this.plane.fit(this.points.box);
    this.choose(this.selection);
  }

  /** Show what is selected. */
  choose(points: Uint32Array): void {
    this.selection = points as Uint32Array<ArrayBuffer>;
    this.marked = new Uint8Array(this.points.length);
    for (const point of points) this.marked[point] = 1;
    this.redraw();
  }

  fit(): void {
    this.plane.fit(this.points.box);
    this.redraw();
  }

  zoom(factor: number): void {
    this.plane.zoom(factor);
    this.redraw();
  }

  /** The place of a point in pixels of the plot. */
  pixel(point: number): Pixel {
    return [this.plane.x(this.points.xy[2 * point]!), this.plane.y(this.points.xy[2 * point + 1]!)];
  }

  isShown(point: number): boolean {
    return this.points.isPlaced(point) && !this.hidden.has(this.points.codes[point]!);
  }

  /** What is being drawn around points. */
  get outline(): Pixel[] | null {
    const drag = this.#drag;
    return drag?.moved && drag.mode !== "move" ? outlineOf(drag) : null;
  }

  // What a user does

  #listen(signal: AbortSignal): void {
    const size = new ResizeObserver(() => this.#resize());
    size.observe(this.node);
    signal.addEventListener("abort", () => {
      size.disconnect();
      cancelAnimationFrame(this.#frame);
    });
    onThemeChange(() => this.redraw(), signal);
    const over = this.#painter.over;
    over.addEventListener("pointerdown", (event) => this.#pressed(event));
    over.addEventListener("pointermove", (event) => this.#moved(event));
    over.addEventListener("pointerup", (event) => this.#released(event));
    over.addEventListener("pointercancel", () => this.#cancel());
    over.addEventListener("pointerleave", () => this.#drag || this.#hover(null));
    const wheel = { signal, passive: false, capture: true };
    window.addEventListener("wheel", (event) => this.#wheel(event), wheel);
  }

  #at(event: MouseEvent): Pixel {
    const { left, top } = this.#painter.over.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  #pressed(event: PointerEvent): void {
    if (event.button !== 0 && event.button !== 1) return;
    this.node.focus({ preventScroll: true });
    event.preventDefault();
    const mode = event.shiftKey || event.button === 1 ? "move" : this.mode;
    this.#drag = { mode, adds: event.ctrlKey || event.metaKey, trail: [this.#at(event)], moved: false };
    this.#painter.over.setPointerCapture?.(event.pointerId);
  }

  #moved(event: PointerEvent): void {
    const [x, y] = this.#at(event);
    const drag = this.#drag;
    if (!drag) return this.#hover(this.#finder.near(x, y));
    const [lastX, lastY] = drag.trail.at(-1)!;
    if (!drag.moved && Math.hypot(x - lastX, y - lastY) < STILL) return;
    drag.moved = true;
    this.#hover(null);
    if (drag.mode === "move") {
      this.plane.pan(x - lastX, y - lastY);
      drag.trail = [[x, y]];
      this.redraw();
    } else {
      drag.trail.push([x, y]);
      this.redraw("over");
    }
  }

  #released(event: PointerEvent): void {
    const drag = this.#drag;
    this.#drag = null;
    this.redraw("over");
    if (!drag || event.button === 1) return;
    if (!drag.moved) this.click(this.#finder.near(...drag.trail[0]!), drag.adds);
    else if (drag.mode !== "move") this.#select(this.#finder.within(outlineOf(drag)), drag.adds);
  }

  #cancel(): void {
    this.#drag = null;
    this.redraw("over");
  }

  /** A point is chosen alone, or, where it `adds`, added or taken away; beside all points, none is. */
  click(point: number | null, adds: boolean): void {
    if (point === null) {
      if (!adds && this.selection.length > 0) this.#select([], false);
      return;
    }
    if (adds && this.marked[point]) this.#select([...this.selection].filter((one) => one !== point), false);
    else this.#select([point], adds);
    this.#listener.clicked(point);
  }

  #select(points: number[], adds: boolean): void {
    const all = adds ? [...new Set([...this.selection, ...points])] : points;
    this.choose(Uint32Array.from(all));
    this.#listener.selected(this.selection);
  }

  #hover(point: number | null): void {
    if (point === this.hovered) return;
    this.hovered = point;
    this.#painter.over.style.cursor = point === null ? "" : "pointer";
    this.#listener.hovered(point);
    this.redraw("over");
  }

  #wheel(event: WheelEvent): void {
    const isNew = event.timeStamp - this.#lastWheel.time > TURN_MS;
    const mine = isNew ? event.target === this.#painter.over : this.#lastWheel.mine;
    this.#lastWheel = { time: event.timeStamp, mine };
    if (!mine || event.target !== this.#painter.over) return;
    event.preventDefault();
    event.stopPropagation();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.shiftKey) this.plane.pan(-(dx || dy), 0);
    else if (Math.abs(dx) > Math.abs(dy)) this.plane.pan(-dx, 0);
    else this.plane.zoom(Math.exp(Math.max(-400, Math.min(400, dy)) * 0.0016), this.#at(event));
    this.#hover(null);
    this.redraw();
  }

  /** True where the key did something. */
  key(event: KeyboardEvent): boolean {
    const control = event.ctrlKey || event.metaKey;
    const arrows: Record<string, Pixel> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) this.#hover(this.#finder.next(this.hovered, ...arrow) ?? this.hovered);
    else if (arrow) this.plane.pan(-40 * arrow[0], -40 * arrow[1]);
    else if (control && event.key === "a") this.#select(this.#finder.all(), false);
    else if (control && event.key !== "Enter") return false;
    else if (event.key === "+" || event.key === "=") this.plane.zoom(0.8);
    else if (event.key === "-") this.plane.zoom(1.25);
    else if (event.key === "0") this.plane.fit(this.points.box);
    else if (event.key === "Enter" || event.key === " ") {
      if (this.hovered !== null) this.click(this.hovered, control);
    } else if (event.key === "Escape") {
      this.#cancel();
      this.#hover(null);
      this.#select([], false);
    } else return false;
    this.redraw();
    return true;
  }

  // Drawing

  #resize(): void {
    const { clientWidth, clientHeight } = this.node;
    if (clientWidth === 0 || (clientWidth === this.plane.width && clientHeight === this.plane.height)) return;
    [this.plane.width, this.plane.height] = [clientWidth, clientHeight];
    this.redraw();
  }

  /** Draw with the next frame; `over`: only what lies over the points. */
  redraw(what: "all" | "over" = "all"): void {
    if (what === "all") this.#baseIsOld = true;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#painter.paint(this.#baseIsOld ? "all" : "over");
      this.#baseIsOld = false;
    });
  }
}

function outlineOf({ mode, trail }: Drag): Pixel[] {
  return mode === "lasso" ? trail : corners(trail[0]!, trail.at(-1)!);
}

function corners([x0, y0]: Pixel, [x1, y1]: Pixel): Pixel[] {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}
