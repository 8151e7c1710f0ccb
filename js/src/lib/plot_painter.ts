/** Draws the points of a plot, its axes, and what lies over them. */
import { DotLayer, outline as trace } from "./dot_layer";
import { colorOf, NUMBER, OTHERS, scaleColor, shapeOf, STEPS } from "./palette";
import { GUTTER, type Plane, tickText } from "./plane";
import type { Box, Points } from "./points";

export type Pixel = [x: number, y: number];

/** What is to be seen. */
export interface Scene {
  readonly points: Points;
  readonly plane: Plane;
  /** The codes whose points are not shown. */
  readonly hidden: ReadonlySet<number>;
  /** The selected points, and 1 for each of them. */
  readonly selection: Uint32Array;
  readonly marked: Uint8Array;
  readonly hovered: number | null;
  /** The rectangle or lasso that is being drawn. */
  readonly outline: readonly Pixel[] | null;
  isShown(point: number): boolean;
  pixel(point: number): Pixel;
}

/** What is not selected, where something is. */
const FADED = 0.25;

export class PlotPainter {
  /** The uppermost canvas, which the pointer meets. */
  readonly over = document.createElement("canvas");
  #base = document.createElement("canvas");
  #dots = new DotLayer();
  #colors = { text: "", grid: "", surface: "", accent: "" };
  #scene: Scene;
  #node: HTMLElement;

  constructor(scene: Scene, node: HTMLElement) {
    this.#scene = scene;
    this.#node = node;
    node.append(this.#base, this.#dots.canvas, this.over);
  }

  #prepare(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(this.#scene.plane.width * ratio), Math.round(this.#scene.plane.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d");
    pen?.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen?.clearRect(0, 0, this.#scene.plane.width, this.#scene.plane.height);
    return pen;
  }

  /** Draw all, or only what lies over the points. */
  paint(what: "all" | "over"): void {
    if (what === "all") {
      const pen = this.#prepare(this.#base);
      if (pen) this.#drawBase(pen);
    }
    const pen = this.#prepare(this.over);
    if (pen) this.#drawOver(pen);
  }

  #readColors(): void {
    const style = getComputedStyle(this.#node);
    const { color: text, borderTopColor: grid, backgroundColor: surface, outlineColor: accent } = style;
    this.#colors = { text, grid, surface, accent };
  }

  #drawBase(pen: CanvasRenderingContext2D): void {
    this.#readColors();
    this.#drawAxes(pen);
    const { width, height } = this.#scene.plane;
    const frame: Box = [GUTTER.left + 1, GUTTER.top + 1, width - GUTTER.right - 1, height - GUTTER.bottom - 1];
    if (!this.#dots.begin(width, height, frame, this.#colors.surface)) return;
    const some = this.#scene.selection.length > 0;
    this.#stamp(0, some ? FADED : 1);
    if (some) this.#stamp(1, 1);
    this.#dots.end();
  }

  /** Draw the points that are marked, or those that are not. */
  #stamp(mark: 0 | 1, strength: number): void {
    const { points } = this.#scene;
    const { xy, codes, length, labels, counts } = points;
    const { width, height, view } = this.#scene.plane;
    const [left, , , top] = view;
    const [across, down] = this.#scene.plane.scale;
    const marked = this.#scene.marked;
    const dots = new Map([...counts.keys()].filter((code) => !this.#scene.hidden.has(code)).map((code) =>
      [code, this.#dots.dot(colorOf(code, labels[code] === ""), shapeOf(code), this.radius, strength)]));
    const scale = dots.has(NUMBER)
      ? Array.from({ length: STEPS + 1 }, (_, step) => this.#dots.dot(scaleColor(step), "circle", this.radius, strength))
      : [];
    for (let point = 0; point < length; point++) {
      if (marked[point] !== mark) continue;
      const x = GUTTER.left + (xy[2 * point]! - left) * across;
      const y = GUTTER.top + (top - xy[2 * point + 1]!) * down;
      // not true of NaN, either
      if (!(x > 0 && y > 0 && x < width && y < height)) continue;
      const code = codes[point]!;
      const dot = code === NUMBER ? scale[points.step(point)] : dots.get(code);
      if (dot) this.#dots.stamp(dot, x, y);
    }
  }

  get radius(): number {
    const count = this.#scene.points.shown;
    return count < 300 ? 5 : count < 3_000 ? 4 : count < 30_000 ? 3 : 2;
  }

  #drawAxes(pen: CanvasRenderingContext2D): void {
    const { width, height } = this.#scene.plane;
    const [right, foot] = [width - GUTTER.right, height - GUTTER.bottom];
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = this.#colors.text;
    pen.strokeStyle = this.#colors.grid;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const tick of this.#scene.plane.ticks(0, 80)) {
      const x = Math.round(this.#scene.plane.x(tick)) + 0.5;
      pen.moveTo(x, GUTTER.top);
      pen.lineTo(x, foot);
      pen.fillText(tickText(tick), x, foot + 7);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of this.#scene.plane.ticks(1, 50)) {
      const y = Math.round(this.#scene.plane.y(tick)) + 0.5;
      pen.moveTo(GUTTER.left, y);
      pen.lineTo(right, y);
      pen.fillText(tickText(tick), GUTTER.left - 7, y);
    }
    pen.globalAlpha = 0.5;
    pen.stroke();
    pen.globalAlpha = 1;
    pen.strokeRect(GUTTER.left + 0.5, GUTTER.top + 0.5, right - GUTTER.left - 1, foot - GUTTER.top - 1);
  }

  #drawOver(pen: CanvasRenderingContext2D): void {
    const { points, hovered, outline } = this.#scene;
    pen.lineWidth = 2;
    pen.strokeStyle = this.#colors.accent;
    if (hovered !== null && this.#scene.isShown(hovered)) {
      const [x, y] = this.#scene.pixel(hovered);
      const code = points.codes[hovered] ?? OTHERS;
      pen.beginPath();
      pen.arc(x, y, this.radius + 4, 0, 2 * Math.PI);
      pen.stroke();
      pen.fillStyle = code === NUMBER ? scaleColor(points.step(hovered)) : colorOf(code, points.labels[code] === "");
      trace(pen, shapeOf(code), x, y, this.radius + 1);
      pen.fill();
    }
    if (!outline) return;
    pen.beginPath();
    for (const pixel of outline) pen.lineTo(...pixel);
    pen.closePath();
    pen.fillStyle = this.#colors.accent;
    pen.globalAlpha = 0.12;
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5;
    pen.stroke();
  }
}
