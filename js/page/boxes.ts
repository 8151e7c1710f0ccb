/** From a detector's numbers to boxes: the same as the kernel's `coco_detections`. */
import type { Mark } from "../src/lib/marks";
import type { About } from "./about";

interface Box {
  readonly number: number;
  readonly score: number;
  /** Top, left, bottom and right as shares of the picture. */
  readonly corners: readonly [number, number, number, number];
}

const MAX_BOXES = 20;
const MIN_SCORE = 0.5;

/** Of boxes that overlap the surest, each with the class of its highest score. */
export function boxes(about: About, scores: ArrayLike<number>, corners: ArrayLike<number>, width: number, height: number): Mark[] {
  const limit = about.min_score ?? MIN_SCORE;
  const waiting = candidates(scores, corners, limit);
  const chosen: Box[] = [];
  for (const box of waiting) {
    if (chosen.length >= (about.max_boxes ?? MAX_BOXES)) break;
    // One number for both, as in the package coco-ssd; what is no number is no overlap that could be allowed.
    if (chosen.every((other) => overlap(box.corners, other.corners) < limit)) chosen.push(box);
  }
  return chosen.map(({ number, score, corners: [top, left, bottom, right] }) => ({
    box: [left * width, top * height, (right - left) * width, (bottom - top) * height],
    label: about.labels[number] ?? `class ${number + 1}`,
    percent: Math.round(100 * Math.min(1, Math.max(0, score))),
    color: about.colors?.[number] ?? number,
  }));
}

function candidates(scores: ArrayLike<number>, corners: ArrayLike<number>, limit: number): Box[] {
  const count = corners.length / 4;
  const columns = count ? scores.length / count : 0;
  if (!Number.isInteger(count) || !Number.isInteger(columns)) throw new Error("Expected scores and boxes of a detector.");
  const found: Box[] = [];
  for (let row = 0; row < count; row++) {
    let [number, score] = [0, -Infinity];
    for (let column = 0; column < columns; column++) {
      const value = scores[row * columns + column] || 0;
      if (value > score) [number, score] = [column, value];
    }
    if (score > limit) {
      const [top = 0, left = 0, bottom = 0, right = 0] = Array.from({ length: 4 }, (_, side) => corners[4 * row + side]);
      found.push({ number, score, corners: [top, left, bottom, right] });
    }
  }
  return found.sort((a, b) => b.score - a.score); // which keeps the order of equal ones
}

type Corners = Box["corners"];

function overlap(one: Corners, other: Corners): number {
  const [a, b] = [upright(one), upright(other)];
  const sizes = [a, b].map(([top, left, bottom, right]) => (bottom - top) * (right - left)) as [number, number];
  if (sizes[0] <= 0 || sizes[1] <= 0) return 0;
  const high = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const wide = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  return (high * wide) / (sizes[0] + sizes[1] - high * wide);
}

function upright([y, x, otherY, otherX]: Corners): Corners {
  return [Math.min(y, otherY), Math.min(x, otherX), Math.max(y, otherY), Math.max(x, otherX)];
}
