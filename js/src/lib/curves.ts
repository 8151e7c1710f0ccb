/** Training curves: a chart per metric, side by side, drawn at most ten times a second. */
import uPlot from "uplot";
import { type Columns, type Metrics, formatMetric } from "./columns";

const DRAW_EVERY_MS = 100;
/** A second training starts with no points: its first arrive before the charts are taken away. */
const HIDE_AFTER_MS = 400;
const HEIGHT = 170;
const SERIES = ["training", "validation"] as const;

/** What a theme switch changes on the page, in JupyterLab and elsewhere. */
const THEME_ATTRIBUTES = ["class", "data-jp-theme-light", "data-jp-theme-name", "data-theme"];

function element(tag: string, parent: Element, name: string, text = ""): HTMLElement {
  const child = parent.appendChild(document.createElement(tag));
  child.className = name;
  child.textContent = text;
  return child;
}

/** One metric over the epochs, in training (solid) and validation (dashed). */
class Chart {
  readonly node = document.createElement("figure");
  #plot: uPlot;
  #canvas: HTMLElement;
  #values: HTMLElement[];
  #at: HTMLElement;
  #last = 2;
  #colors: Record<string, string> = {};
  #metric: string;

  constructor(metric: string, sync: string) {
    this.#metric = metric;
    this.node.className = "marcelle-chart";
    const caption = element("figcaption", this.node, "");
    const title = metric.replaceAll("_", " ");
    element("strong", caption, "", title[0]?.toUpperCase() + title.slice(1));
    this.#values = SERIES.map((name) => {
      const key = element("span", caption, `marcelle-key marcelle-key-${name}`, `${name} `);
      return element("b", key, "");
    });
    this.#at = element("span", caption, "marcelle-at");
    this.#canvas = element("div", this.node, "marcelle-plot");
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", `Curves of ${title}; their newest values are in the legend`);
    this.#plot = new uPlot(this.#options(sync), [[], [], []], this.#canvas);
  }

  /** Show these columns on an axis that reaches to the planned last epoch. */
  set(columns: Columns, last: number): void {
    this.#last = Math.max(2, last, columns[0].at(-1) ?? 0);
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
    const [epochs, ...series] = plot.data as Columns;
    series.forEach((column, i) => {
      const key = this.#values[i]!;
      const value = index === null ? column.findLast((v) => v !== null) : column[index];
      key.textContent = value == null ? "–" : formatMetric(value);
      key.parentElement!.hidden = !column.some((v) => v !== null);
    });
    this.#at.textContent = index === null ? "" : `epoch ${epochs[index]}`;
  }

  /** The theme's colours as they come out on the page: a canvas knows no CSS variables. */
  #readColors(): void {
    const frame = getComputedStyle(this.node);
    this.#colors.text = frame.color;
    this.#colors.grid = frame.borderTopColor;
    SERIES.forEach((name, i) => {
      this.#colors[name] = getComputedStyle(this.#values[i]!.parentElement!).color;
    });
  }

  #options(sync: string): uPlot.Options {
    const color = (name: string) => () => this.#colors[name] ?? "gray";
    const grid = { stroke: color("grid"), width: 1 };
    const axis = { stroke: color("text"), grid, ticks: { ...grid, size: 4 }, font: "11px system-ui" };
    const curve = (name: string) => ({
      stroke: color(name),
      width: 2,
      points: { size: 5, fill: color(name) },
    });
    return {
      width: this.#canvas.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: sync } },
      scales: {
        x: { time: false, range: (plot) => [plot.data?.[0]?.[0] ?? 1, this.#last] },
        y: { range: yRange(this.#metric) },
      },
      axes: [
        { ...axis, size: 26, gap: 3, incrs: wholeSteps(), values: (_, splits) => splits.map(String) },
        { ...axis, size: 46, gap: 4 },
      ],
      series: [{}, curve("training"), { ...curve("validation"), dash: [6, 4] }],
      hooks: {
        drawClear: [() => this.#readColors()],
        setCursor: [(plot) => this.#label(plot)],
      },
    };
  }
}

/** Accuracy always spans 0 to 1, so that a small change looks small; other metrics start at 0 where that is near. */
function yRange(metric: string): uPlot.Scale.Range {
  if (metric === "accuracy") return [0, 1.02];
  return { min: { pad: 0.1, soft: 0, mode: 3 }, max: { pad: 0.1, soft: 0, mode: 3 } };
}

/** There is no epoch one and a half. */
function wholeSteps(): number[] {
  return [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
}

let instances = 0;

/** All charts of a model. */
export class Curves {
  readonly node = document.createElement("div");
  #metrics: Metrics;
  #charts = new Map<string, Chart>();
  #sync = `marcelle-curves-${++instances}`;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawn = -Infinity;
  #last = 0;

  constructor(metrics: Metrics, signal: AbortSignal) {
    this.#metrics = metrics;
    this.node.className = "marcelle-curves";
    this.node.hidden = true;
    this.#watch(signal);
  }

  /** Draw what the metrics hold now, or shortly after where the last drawing was just now. */
  draw(last: number): void {
    this.#last = last;
    clearTimeout(this.#timer);
    const soon = Math.max(0, this.#drawn + DRAW_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#draw(), this.#metrics.charts.size ? soon : HIDE_AFTER_MS);
  }

  #draw(): void {
    this.#drawn = performance.now();
    const names = this.#metrics.names();
    this.node.hidden = names.length === 0;
    for (const [name, chart] of this.#charts) if (!names.includes(name)) this.#drop(name, chart);
    names.forEach((name, i) => {
      const chart = this.#chart(name);
      if (this.node.children[i] !== chart.node) this.node.insertBefore(chart.node, this.node.children[i] ?? null);
      chart.fit();
      chart.set(this.#metrics.charts.get(name)!, this.#last);
    });
  }

  #chart(name: string): Chart {
    const known = this.#charts.get(name);
    if (known) return known;
    const chart = new Chart(name, this.#sync);
    this.#charts.set(name, chart);
    return chart;
  }

  #drop(name: string, chart: Chart): void {
    chart.remove();
    this.#charts.delete(name);
  }

  #watch(signal: AbortSignal): void {
    const fit = new ResizeObserver(() => this.#charts.forEach((chart) => chart.fit()));
    fit.observe(this.node);
    const repaint = () => this.#charts.forEach((chart) => chart.repaint());
    const theme = new MutationObserver(repaint);
    for (const root of [document.body, document.documentElement]) {
      theme.observe(root, { attributeFilter: THEME_ATTRIBUTES });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint, { signal });
    signal.addEventListener("abort", () => {
      fit.disconnect();
      theme.disconnect();
      clearTimeout(this.#timer);
      this.#charts.forEach((chart, name) => this.#drop(name, chart));
    });
  }
}
