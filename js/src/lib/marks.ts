/** Boxes with labels, painted over a picture. */
import { colorOf } from "./palette";

export interface Mark {
  /** Left, top, width and height in pixels of the picture; null where that is no box. */
  box: [left: number, top: number, width: number, height: number] | null;
  label: string;
  percent: number;
  /** The number of its class's colour. */
  color: number;
}

/** In pixels of the page. */
const FONT = 13;
const LINE = 2;
const PADDING = 4;
const MOST_CHARACTERS = 40;

/** How many there are of each: "2 × person, dog". */
export function summary(marks: readonly Mark[]): string {
  const counts = new Map<string, number>();
  for (const { label } of marks) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => (count > 1 ? `${count} × ${label}` : label)).join(", ");
}

/** Black or white, whichever is read better on a colour `#rrggbb` (relative luminance, WCAG 2). */
export function inkOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  // From here on the contrast with black is the higher one.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

/** Paint the surest last, over the others; `scale` is from the picture's pixels to the canvas's. */
export function paintMarks(g: CanvasRenderingContext2D, marks: readonly Mark[], scale: number, unit: number): void {
  g.font = `600 ${FONT * unit}px system-ui, sans-serif`;
  g.textBaseline = "middle";
  for (const mark of [...marks].reverse()) {
    if (mark.box) paint(g, mark, mark.box.map((number) => number * scale) as [number, number, number, number], unit);
  }
}

function paint(
  g: CanvasRenderingContext2D,
  { label, percent, color }: Mark,
  [left, top, width, height]: [number, number, number, number],
  unit: number,
): void {
  const hue = colorOf(color);
  // A rim in black or white: any colour can be seen on any picture.
  for (const [ink, wide] of [[inkOn(hue), 2 * LINE], [hue, LINE]] as const) {
    g.strokeStyle = ink;
    g.lineWidth = wide * unit;
    g.strokeRect(left, top, width, height);
  }
  const shown = label.length > MOST_CHARACTERS ? `${label.slice(0, MOST_CHARACTERS - 1)}…` : label;
  const text = `${shown} ${percent} %`;
  const tall = (FONT + 2 * PADDING) * unit;
  const wide = g.measureText(text).width + 2 * PADDING * unit;
  // Above the box, or, where there is no room, within the picture.
  const x = Math.max(0, Math.min(Math.min(left, left + width) - (LINE / 2) * unit, g.canvas.width - wide));
  const y = Math.max(0, Math.min(Math.min(top, top + height) - tall, g.canvas.height - tall));
  g.fillStyle = hue;
  g.fillRect(x, y, wide, tall);
  g.fillStyle = inkOn(hue);
  g.fillText(text, x + PADDING * unit, y + tall / 2);
}
