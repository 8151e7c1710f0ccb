/** Training curves: several charts, side by side, drawn at most ten times a second. */
import { Chart, type Curve, type CurveColumns } from "./chart";
import { onThemeChange } from "./theme";

const DRAW_EVERY_MS = 100;
/** A second training starts with no points: its first arrive before the charts are taken away. */
const HIDE_AFTER_MS = 400;

/** What the charts show. */
export interface Charted {
  /** Whether there is no epoch yet. */
  readonly empty: boolean;
  /** The charts, in the order of display. */
  names(): string[];
  title(name: string): string;
  curves(name: string): Curve[];
  columns(name: string): CurveColumns;
  /** What is to be said above a chart. */
  note(name: string): string;
}

let instances = 0;

export class Curves {
  readonly node = document.createElement("div");
  #charted: Charted;
  #charts = new Map<string, Chart>();
  #sync = `marcelle-curves-${++instances}`;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawn = -Infinity;
  #last = 0;

  constructor(charted: Charted, signal: AbortSignal) {
    this.#charted = charted;
    this.node.className = "marcelle-curves";
    this.node.hidden = true;
    this.#watch(signal);
  }

  /** Draw what there is now, or shortly after where the last drawing was just now. */
  draw(last: number): void {
    this.#last = last;
    clearTimeout(this.#timer);
    const soon = Math.max(0, this.#drawn + DRAW_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#draw(), this.#charted.empty && this.#charts.size ? HIDE_AFTER_MS : soon);
  }

  #draw(): void {
    this.#drawn = performance.now();
    const names = this.#charted.names();
    this.node.hidden = names.length === 0;
    for (const [name, chart] of this.#charts) if (!names.includes(name)) this.#drop(name, chart);
    names.forEach((name, i) => {
      const chart = this.#chart(name);
      if (this.node.children[i] !== chart.node) this.node.insertBefore(chart.node, this.node.children[i] ?? null);
      chart.fit();
      chart.set(this.#charted.columns(name), this.#last, this.#charted.note(name));
    });
  }

  #chart(name: string): Chart {
    const known = this.#charts.get(name);
    if (known) return known;
    const chart = new Chart(this.#charted.title(name), this.#charted.curves(name), this.#sync);
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
    onThemeChange(() => this.#charts.forEach((chart) => chart.repaint()), signal);
    signal.addEventListener("abort", () => {
      fit.disconnect();
      clearTimeout(this.#timer);
      this.#charts.forEach((chart, name) => this.#drop(name, chart));
    });
  }
}
