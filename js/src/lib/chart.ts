/** One chart: curves over the epochs, with a legend that holds their values. */
import uPlot from "uplot";
import { formatMetric } from "./columns";

/** A curve by the key of its metric, what the legend calls it, and its colour, where that is not the next one. */
export interface Curve {
  key: string;
  label: string;
  color?: string;
}

/** The epochs and, over them, the values of each curve; null leaves a gap. */
export type CurveColumns = [epochs: number[], ...curves: (number | null)[][]];

const HEIGHT = 170;
/** The style sheet has so many colours. */
const COLORS = 6;

function element(tag: string, parent: Element, name: string, text = ""): HTMLElement {
  const child = parent.appendChild(document.createElement(tag));
  child.className = name;
  child.textContent = text;
  return child;
}

export class Chart {
  readonly node = document.createElement("figure");
  #plot: uPlot;
  #canvas: HTMLElement;
  #keys: HTMLElement[];
  #values: HTMLElement[];
  #at: HTMLElement;
  #note: HTMLElement;
  #last = 2;
  #text = "";
  #grid = "";
  #colors: string[] = [];

  constructor(title: string, curves: Curve[], sync: string) {
    this.node.className = "marcelle-chart";
    const caption = element("figcaption", this.node, "");
    element("strong", caption, "", title);
    this.#keys = curves.map(({ key, label, color }, i) => {
      const dashed = isValidation(key) ? " marcelle-dashed" : "";
      const shown = element("span", caption, `marcelle-key marcelle-key-${i % COLORS}${dashed}`, `${label} `);
      if (color) shown.style.color = color;
      return shown;
    });
    this.#values = this.#keys.map((key) => element("b", key, ""));
    this.#at = element("span", caption, "marcelle-at");
    this.#note = element("p", this.node, "marcelle-muted");
    this.#note.hidden = true;
    this.#canvas = element("div", this.node, "marcelle-plot");
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", `Curves of ${title}; their newest values are in the legend`);
    const data = [[], ...curves.map(() => [])] as CurveColumns;
    this.#plot = new uPlot(this.#options(curves, sync), data, this.#canvas);
  }

  /** Show these columns on an axis that reaches to the planned last epoch, and a note where something is missing. */
  set(columns: CurveColumns, last: number, note: string): void {
    this.#last = Math.max(2, last, columns[0].at(-1) ?? 0);
    this.#note.textContent = note;
    this.#note.hidden = note === "";
    this.#plot.setData(columns);
    this.#label(this.#plot);
  }

  fit(): void {
    const width = this.#canvas.clientWidth;
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  /** Draw again, with the colours of the theme as it is now. */
  repaint(): void {
    this.#plot.redraw(false);
  }

  remove(): void {
    this.#plot.destroy();
    this.node.remove();
  }

  /** The values under the pointer, or the newest. */
  #label(plot: uPlot): void {
    const index = plot.cursor.idx ?? null;
    const [epochs, ...curves] = plot.data as CurveColumns;
    curves.forEach((column, i) => {
      const value = index === null ? column.findLast((v) => v !== null) : column[index];
      this.#values[i]!.textContent = value == null ? "–" : formatMetric(value);
      this.#keys[i]!.hidden = !column.some((v) => v !== null);
    });
    this.#at.textContent = index === null ? "" : `epoch ${epochs[index]}`;
  }

  /** The theme's colours as they come out on the page: a canvas knows no CSS variables. */
  #readColors(): void {
    const frame = getComputedStyle(this.node);
    this.#text = frame.color;
    this.#grid = frame.borderTopColor;
    this.#colors = this.#keys.map((key) => getComputedStyle(key).color);
  }

  #options(curves: Curve[], sync: string): uPlot.Options {
    const grid = { stroke: () => this.#grid, width: 1 };
    const axis = { stroke: () => this.#text, grid, ticks: { ...grid, size: 4 }, font: "11px system-ui" };
    return {
      width: this.#canvas.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: sync } },
      scales: {
        x: { time: false, range: (plot) => [plot.data?.[0]?.[0] ?? 1, this.#last] },
        y: { range: yRange(curves) },
      },
      axes: [
        { ...axis, size: 26, gap: 3, incrs: wholeSteps(), values: (_, splits) => splits.map(String) },
        { ...axis, size: 46, gap: 4 },
      ],
      series: [
        {},
        ...curves.map(({ key }, i) => {
          const stroke = () => this.#colors[i] ?? "gray";
          return { stroke, width: 2, points: { size: 5, fill: stroke }, ...(isValidation(key) && { dash: [6, 4] }) };
        }),
      ],
      hooks: {
        drawClear: [() => this.#readColors()],
        setCursor: [(plot) => this.#label(plot)],
      },
    };
  }
}

function isValidation(key: string): boolean {
  return key.startsWith("val_");
}

/** Accuracy always spans 0 to 1, so that a small change looks small; other metrics start at 0 where that is near. */
function yRange(curves: Curve[]): uPlot.Scale.Range {
  if (curves.every(({ key }) => key.endsWith("accuracy"))) return [0, 1.02];
  return { min: { pad: 0.1, soft: 0, mode: 3 }, max: { pad: 0.1, soft: 0, mode: 3 } };
}

/** There is no epoch one and a half. */
function wholeSteps(): number[] {
  return [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
}
