/**
 * A canvas full of dots. Each dot is drawn once and its pixels are copied: ten thousand in about a millisecond, where a
 * canvas that is asked to draw as many pictures or circles needs thirty, and drops frames.
 */

import type { Shape } from "./palette";

/** The pixels of a dot, as they lie in memory: alpha in the highest byte. */
interface Dot {
  side: number;
  pixels: Uint32Array;
}

/** Left, top, right, bottom of what may be drawn on, in pixels of the page. */
type Frame = [number, number, number, number];

export class DotLayer {
  readonly canvas = document.createElement("canvas");
  #image: ImageData | null = null;
  #pixels = new Uint32Array(0);
  #ratio = 1;
  #frame: Frame = [0, 0, 0, 0];
  #dots = new Map<string, Dot>();
  #surface = "";

  /** Begin anew on a surface of a colour; false where there is no canvas to draw on. */
  begin(width: number, height: number, frame: Frame, surface: string): boolean {
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (ratio !== this.#ratio || surface !== this.#surface) this.#dots.clear();
    [this.#ratio, this.#surface] = [ratio, surface];
    if (!this.#image || this.#image.width !== w || this.#image.height !== h) {
      [this.canvas.width, this.canvas.height] = [w, h];
      this.#image = this.canvas.getContext("2d")?.createImageData(w, h) ?? null;
      if (!this.#image) return false;
      this.#pixels = new Uint32Array(this.#image.data.buffer);
    }
    this.#frame = frame.map((side) => Math.round(side * ratio)) as Frame;
    this.#pixels.fill(0);
    return true;
  }

  /** A dot of a colour and a shape; `strength` below 1 lets the surface through. */
  dot(color: string, shape: Shape, radius: number, strength: number): Dot | null {
    const key = `${color} ${shape} ${radius} ${strength}`;
    const known = this.#dots.get(key);
    if (known) return known;
    const canvas = document.createElement("canvas");
    const side = Math.ceil((2.6 * radius + 2) * this.#ratio);
    canvas.width = canvas.height = side;
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    outline(pen, shape, side / 2, side / 2, radius * this.#ratio);
    pen.fillStyle = this.#surface;
    pen.fill();
    pen.globalAlpha = strength;
    pen.fillStyle = color;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = this.#surface;
    pen.lineWidth = 0.7 * this.#ratio;
    pen.stroke();
    const dot = { side, pixels: new Uint32Array(pen.getImageData(0, 0, side, side).data.buffer) };
    this.#dots.set(key, dot);
    return dot;
  }

  /** Put a dot around a place, in pixels of the page. */
  stamp({ side, pixels }: Dot, x: number, y: number): void {
    // a hundred thousand calls a drawing: no lists are made here
    const width = this.#image!.width;
    const target = this.#pixels;
    const frame = this.#frame;
    const x0 = Math.round(x * this.#ratio - side / 2);
    const y0 = Math.round(y * this.#ratio - side / 2);
    const firstX = Math.max(0, frame[0] - x0);
    const lastX = Math.min(side, frame[2] - x0);
    const lastY = Math.min(side, frame[3] - y0);
    for (let row = Math.max(0, frame[1] - y0); row < lastY; row++) {
      const line = (y0 + row) * width + x0;
      for (let column = firstX; column < lastX; column++) {
        const source = pixels[row * side + column]!;
        const alpha = source >>> 24;
        if (alpha === 0) continue;
        const at = line + column;
        target[at] = alpha === 255 || target[at] === 0 ? source : blended(source, target[at]!, alpha);
      }
    }
  }

  /** Show what was put. */
  end(): void {
    if (this.#image) this.canvas.getContext("2d")?.putImageData(this.#image, 0, 0);
  }
}

/** The corners of shapes, in radii. */
const CORNERS: Record<Exclude<Shape, "circle">, [x: number, y: number][]> = {
  square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  triangle: [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]],
  diamond: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  down: [[0, 1.2], [1.15, -0.9], [-1.15, -0.9]],
};

/** Begin a path around a dot. */
export function outline(pen: CanvasRenderingContext2D, shape: Shape, x: number, y: number, radius: number): void {
  pen.beginPath();
  if (shape === "circle") pen.arc(x, y, radius, 0, 2 * Math.PI);
  else for (const [dx, dy] of CORNERS[shape]) pen.lineTo(x + dx * radius, y + dy * radius);
  pen.closePath();
}

/** One pixel over another: at the edges of dots. */
function blended(over: number, under: number, alpha: number): number {
  const a = alpha / 255;
  const b = ((under >>> 24) / 255) * (1 - a);
  const mix = (shift: number): number =>
    Math.round((((over >>> shift) & 255) * a + ((under >>> shift) & 255) * b) / (a + b)) << shift;
  return ((Math.round((a + b) * 255) << 24) | mix(16) | mix(8) | mix(0)) >>> 0;
}
