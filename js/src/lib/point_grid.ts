/** Finds points by their place: those near the pointer, and those in a box. */
import type { Box, Points } from "./points";

export class PointGrid {
  #points: Points;
  #columns: number;
  /** The points in the order of their cells, and where each cell begins. */
  #order: Uint32Array;
  #starts: Uint32Array;

  constructor(points: Points) {
    this.#points = points;
    const n = points.length;
    const side = Math.max(1, Math.min(256, Math.floor(Math.sqrt(n / 4))));
    this.#columns = side;
    const cells = new Uint32Array(n);
    this.#starts = new Uint32Array(side * side + 1);
    for (let i = 0; i < n; i++) {
      if (!points.isPlaced(i)) continue;
      cells[i] = this.#column(points.xy[2 * i]!, 0) + side * this.#column(points.xy[2 * i + 1]!, 1);
      this.#starts[cells[i]! + 1]!++;
    }
    for (let cell = 0; cell < side * side; cell++) this.#starts[cell + 1]! += this.#starts[cell]!;
    const next = this.#starts.slice();
    this.#order = new Uint32Array(points.shown);
    for (let i = 0; i < n; i++) if (points.isPlaced(i)) this.#order[next[cells[i]!]!++] = i;
  }

  /** Call `take` with every point whose cell touches the box: some lie a little outside. */
  around([left, bottom, right, top]: Box, take: (point: number) => void): void {
    if (!this.#points.box) return;
    const [first, last] = [this.#column(left, 0), this.#column(right, 0)];
    for (let row = this.#column(bottom, 1); row <= this.#column(top, 1); row++) {
      const start = this.#starts[row * this.#columns + first]!;
      const end = this.#starts[row * this.#columns + last + 1]!;
      for (let i = start; i < end; i++) take(this.#order[i]!);
    }
  }

  /** The column of an x (axis 0), or the row of a y; what lies outside counts to the edge. */
  #column(value: number, axis: 0 | 1): number {
    const box = this.#points.box!;
    const span = box[axis + 2]! - box[axis]! || 1;
    return Math.max(0, Math.min(this.#columns - 1, Math.floor(((value - box[axis]!) / span) * this.#columns)));
  }
}
