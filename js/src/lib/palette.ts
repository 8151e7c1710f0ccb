/** A colour for each label, the same on light and dark; as in the kernel's components/point_picture.py. */

const COLORS = [
  "#3b7dd8", "#e0702f", "#2f9e62", "#c8455f", "#8d62c9", "#a8820a", "#1f9aa8", "#d564a8", "#7a8a2b", "#8a6a55",
];

/** Codes from here on stand for no label of their own. */
export const OTHERS = 65_535;
export const GONE = 65_534;

/** Beyond the chosen colours, hues that lie far from each other. */
export function colorOf(code: number, isNone = false): string {
  if (isNone || code >= GONE) return "#858b94";
  return COLORS[code] ?? `hsl(${((code * 137.508) % 360).toFixed(1)} 50% 52%)`;
}
