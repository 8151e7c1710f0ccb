/** Colours and shapes of labels, the same on light and dark; as in the kernel's components/palette.py. */

const NONE = "#858b94";

const COLORS = [
  "#3b7dd8", "#e0702f", "#2f9e62", "#c8455f", "#8d62c9", "#a8820a", "#1f9aa8", "#d564a8", "#7a8a2b", "#8a6a55", "#f0b0b0", "#78d800",
  "#c8c098", "#006858", "#c8b8f0", "#705068", "#b02000", "#00d8c0", "#78c0f8", "#186800", "#f8b050", "#186880", "#b00090", "#705800",
];

const SHAPES = ["circle", "square", "triangle", "diamond", "down"] as const;
export type Shape = (typeof SHAPES)[number];

/** From blue over green to yellow: what the colours of numbers lie between. */
const SCALE = [[74, 91, 208], [31, 147, 176], [63, 174, 106], [201, 174, 29]];
/** So many steps of the scale are told apart. */
export const STEPS = 64;

/** Codes from here on stand for no label of their own. */
export const OTHERS = 65_535;
export const GONE = 65_534;
/** What is coloured by a number. */
export const NUMBER = 65_533;

export function colorOf(code: number, isNone = false): string {
  return isNone || code >= NUMBER ? NONE : COLORS[code % COLORS.length]!;
}

/** Where all colours are in use, they begin anew in another shape. */
export function shapeOf(code: number): Shape {
  return code >= NUMBER ? "circle" : SHAPES[Math.floor(code / COLORS.length) % SHAPES.length]!;
}

/** Which step of the scale a number has between the lowest and the highest. */
export function stepOf(value: number, [low, high]: readonly [number, number]): number {
  // halves: the difference of two numbers may be larger than numbers can be
  const span = high / 2 - low / 2;
  const share = span > 0 ? (value / 2 - low / 2) / span : 0.5;
  return Math.round(Math.min(1, Math.max(0, share)) * STEPS);
}

export function scaleColor(step: number): string {
  const at = (step / STEPS) * (SCALE.length - 1);
  const first = Math.min(Math.floor(at), SCALE.length - 2);
  const mixed = SCALE[first]!.map((a, i) => Math.round(a + (SCALE[first + 1]![i]! - a) * (at - first)));
  return `rgb(${mixed.join(" ")})`;
}
