/** The points of a scatter plot as the kernel has them: a place and a label each, by number. */
import type { Content } from "./model";
import { GONE, NUMBER, stepOf } from "./palette";

/** The number of the kernel's last reading, and of the last change after it. */
export type Newest = [reading: number, change: number];

/** Left, bottom, right, top. */
export type Box = [number, number, number, number];

export class Points {
  /** x and y in turn; NaN is nowhere. */
  xy = new Float64Array(0);
  codes = new Uint16Array(0);
  /** By which points are coloured that have the code for it. */
  values = new Float64Array(0);
  /** The lowest and the highest of them. */
  range: [low: number, high: number] = [0, 0];
  /** What a label is called by its code; "" for none. */
  labels: string[] = [];
  newest: Newest = [0, 0];
  /** How many instances there are, also those that have no place. */
  total = 0;
  /** How many points each code has, and all together. */
  counts = new Map<number, number>();
  shown = 0;
  /** Around all points; null where there is none. */
  box: Box | null = null;

  get length(): number {
    return this.codes.length;
  }

  isPlaced(point: number): boolean {
    return Number.isFinite(this.xy[2 * point]!) && Number.isFinite(this.xy[2 * point + 1]!) && this.codes[point] !== GONE;
  }

  /** Where on the scale a point is that is coloured by a number. */
  step(point: number): number {
    return stepOf(this.values[point]!, this.range);
  }

  /** Take all points. */
  receive(message: Content, [xy, codes, values]: DataView[]): void {
    this.xy = new Float64Array(copied(xy));
    this.codes = new Uint16Array(copied(codes));
    this.values = values ? new Float64Array(copied(values)) : new Float64Array(this.length).fill(NaN);
    this.#know(message);
  }

  /** Take the points that changed; false where something between was missed, and nothing is taken. */
  change(message: Content, [numbers, xy, codes, values]: DataView[]): boolean {
    const [reading, change] = message.newest as Newest;
    if (reading !== this.newest[0] || change !== this.newest[1] + 1) return false;
    const at = new Uint32Array(copied(numbers));
    const places = new Float64Array(copied(xy));
    const news = new Uint16Array(copied(codes));
    const dyes = new Float64Array(copied(values));
    this.#grow(at.reduce((most, number) => Math.max(most, number + 1), this.length));
    at.forEach((number, i) => {
      this.xy.set(places.subarray(2 * i, 2 * i + 2), 2 * number);
      this.codes[number] = news[i]!;
      this.values[number] = dyes[i] ?? NaN;
    });
    this.#know(message);
    return true;
  }

  #grow(length: number): void {
    if (length === this.length) return;
    const { xy, codes, values } = this;
    this.xy = new Float64Array(2 * length).fill(NaN);
    this.codes = new Uint16Array(length).fill(GONE);
    this.values = new Float64Array(length).fill(NaN);
    this.xy.set(xy);
    this.codes.set(codes);
    this.values.set(values);
  }

  #know({ newest, total, labels }: Content): void {
    this.newest = newest as Newest;
    this.total = total as number;
    this.labels = labels as string[];
    this.counts.clear();
    this.shown = 0;
    let [low, high] = [Infinity, -Infinity];
    let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < this.length; i++) {
      if (!this.isPlaced(i)) continue;
      const [x, y, code] = [this.xy[2 * i]!, this.xy[2 * i + 1]!, this.codes[i]!];
      this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
      this.shown++;
      if (code === NUMBER) {
        low = Math.min(low, this.values[i]!);
        high = Math.max(high, this.values[i]!);
      }
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < bottom) bottom = y;
      if (y > top) top = y;
    }
    this.range = [low, high];
    this.box = this.shown > 0 ? [left, bottom, right, top] : null;
  }
}

/** The bytes of a buffer from the kernel, which may begin anywhere in a larger one. */
export function copied(view: DataView | undefined): ArrayBuffer {
  if (!view) return new ArrayBuffer(0);
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
}
