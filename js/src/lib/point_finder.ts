/** Finds points by where they are in the picture; those that are not shown are not found. */
import { GUTTER } from "./plane";
import type { Pixel, Scene } from "./plot_painter";
import { PointGrid } from "./point_grid";

const REACH = 9;

export class PointFinder {
  #scene: Scene;
  #grid: PointGrid | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** The points have changed. */
  renew(): void {
    this.#grid = null;
  }

  /** The nearest point to a pixel; null: none is close. */
  near(px: number, py: number): number | null {
    const { plane } = this.#scene;
    const [left, bottom] = plane.at(px - REACH, py + REACH);
    const [right, top] = plane.at(px + REACH, py - REACH);
    let [best, least] = [null as number | null, REACH * REACH];
    this.#found().around([left, bottom, right, top], (point) => {
      if (!this.#scene.isShown(point)) return;
      const [x, y] = this.#scene.pixel(point);
      const distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance > least) return;
      [best, least] = [point, distance];
    });
    return best;
  }

  /** The points within an outline. */
  within(outline: readonly Pixel[]): number[] {
    const { plane } = this.#scene;
    const xs = outline.map(([x]) => x);
    const ys = outline.map(([, y]) => y);
    const [left, bottom] = plane.at(Math.min(...xs), Math.max(...ys));
    const [right, top] = plane.at(Math.max(...xs), Math.min(...ys));
    const inside: number[] = [];
    this.#found().around([left, bottom, right, top], (point) => {
      if (this.#scene.isShown(point) && isWithin(this.#scene.pixel(point), outline)) inside.push(point);
    });
    return inside;
  }

  all(): number[] {
    return Array.from({ length: this.#scene.points.length }, (_, i) => i).filter((i) => this.#scene.isShown(i));
  }

  /** The nearest point in a direction; without a point to start `from`, the one nearest to the middle. */
  next(from: number | null, dx: number, dy: number): number | null {
    const { plane, points } = this.#scene;
    const [startX, startY] = from === null ? plane.middle : this.#scene.pixel(from);
    let [best, least] = [null as number | null, Infinity];
    for (let point = 0; point < points.length; point++) {
      if (point === from || !this.#scene.isShown(point)) continue;
      const [x, y] = this.#scene.pixel(point);
      if (x < GUTTER.left || y < 0 || x > plane.width || y > plane.height - GUTTER.bottom) continue;
      const along = (x - startX) * dx + (y - startY) * dy;
      const aside = Math.abs((x - startX) * dy) + Math.abs((y - startY) * dx);
      // within a right angle around the direction, and what lies straight ahead first
      if (from !== null && (along <= 0 || aside > along)) continue;
      const distance = from === null ? Math.hypot(along, aside) : along + 2 * aside;
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  }

  #found(): PointGrid {
    return (this.#grid ??= new PointGrid(this.#scene.points));
  }
}

/** Whether a pixel lies within a polygon: a ray from it crosses the outline an odd number of times. */
export function isWithin([x, y]: Pixel, outline: readonly Pixel[]): boolean {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [outline[i]!, outline[j]!];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
