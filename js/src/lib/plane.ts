/** The part of the plane that a plot shows, and where it is in pixels. */
import type { Box } from "./points";

/** Room for the numbers at the left and below. */
export const GUTTER = { left: 52, bottom: 26, right: 8, top: 8 };

/** Floating point has no more room for zooming in than this. */
const SMALLEST = 1e-12;

export class Plane {
  width = 100;
  height = 100;
  /** What is shown: left, bottom, right, top. */
  view: Box = [0, 0, 1, 1];
  /** Whether all is in sight; false once somebody has zoomed or moved. */
  isFitted = true;

  x(value: number): number {
    const [left, , right] = this.view;
    return GUTTER.left + ((value - left) / (right - left)) * this.#inner[0];
  }

  y(value: number): number {
    const [, bottom, , top] = this.view;
    return GUTTER.top + (1 - (value - bottom) / (top - bottom)) * this.#inner[1];
  }

  /** Pixels for one along each axis. */
  get scale(): [number, number] {
    const [left, bottom, right, top] = this.view;
    const [width, height] = this.#inner;
    return [width / (right - left), height / (top - bottom)];
  }

  /** The place of a pixel. */
  at(px: number, py: number): [number, number] {
    const [left, bottom, right, top] = this.view;
    const [width, height] = this.#inner;
    return [
      left + ((px - GUTTER.left) / width) * (right - left),
      bottom + (1 - (py - GUTTER.top) / height) * (top - bottom),
    ];
  }

  /** The pixel in the middle of what is shown. */
  get middle(): [number, number] {
    const [width, height] = this.#inner;
    return [GUTTER.left + width / 2, GUTTER.top + height / 2];
  }

  get #inner(): [number, number] {
    return [
      Math.max(1, this.width - GUTTER.left - GUTTER.right),
      Math.max(1, this.height - GUTTER.top - GUTTER.bottom),
    ];
  }

  /** Show all points, with a little room around them. */
  fit(box: Box | null): void {
    const [left, bottom, right, top] = box ?? [0, 0, 1, 1];
    const pad = (low: number, high: number): number => (high - low) * 0.05 || Math.abs(high) * 0.05 || 0.5;
    const [dx, dy] = [pad(left, right), pad(bottom, top)];
    this.view = [left - dx, bottom - dy, right + dx, top + dy];
    this.isFitted = true;
  }

  /** Show more (factor > 1) or less around a pixel, which stays where it is. */
  zoom(factor: number, [px, py] = this.middle): void {
    const [x, y] = this.at(px, py);
    const [left, bottom, right, top] = this.view;
    const next: Box = [x + (left - x) * factor, y + (bottom - y) * factor, x + (right - x) * factor, y + (top - y) * factor];
    const room = (low: number, high: number): boolean =>
      high - low > SMALLEST * Math.max(Math.abs(low), Math.abs(high)) && high - low < 1e300;
    if (!room(next[0], next[2]) || !room(next[1], next[3])) return;
    this.view = next;
    this.isFitted = false;
  }

  /** Move what is seen by so many pixels. */
  pan(dx: number, dy: number): void {
    const [left, bottom, right, top] = this.view;
    const [width, height] = this.#inner;
    const [x, y] = [(-dx / width) * (right - left), (dy / height) * (top - bottom)];
    this.view = [left + x, bottom + y, right + x, top + y];
    this.isFitted = false;
  }

  /** Round numbers along an axis (0: x, 1: y), about one each `every` pixels. */
  ticks(axis: 0 | 1, every: number): number[] {
    const [low, high] = [this.view[axis]!, this.view[axis + 2]!];
    const rough = ((high - low) / this.#inner[axis]) * every;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
    const first = Math.ceil(low / step);
    const count = Math.min(50, Math.floor(high / step) - first + 1);
    return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }
}

/** A number at an axis. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(3).replace(/\.?0+e\+?/, "e");
  return String(Number(value.toPrecision(6)));
}
