/** Training metrics as columns: appending an epoch costs the same at the first and the ten-thousandth. */

import type { Curve } from "./chart";
import type { Charted } from "./curves";

/** One chart: the epochs and, over them, a metric in training and (where there is one) in validation. */
export type Columns = [epochs: number[], training: Value[], validation: Value[]];
type Value = number | null;

const VALIDATION = "val_";

/** The metric of a key: `loss` of both `loss` and `val_loss`. */
export function metricOf(key: string): string {
  return key.startsWith(VALIDATION) ? key.slice(VALIDATION.length) : key;
}

export class Metrics implements Charted {
  /** Columns per metric, loss and accuracy first, others as they appear. */
  readonly charts = new Map<string, Columns>();

  clear(): void {
    this.charts.clear();
  }

  /** Add an epoch's numbers; what is no finite number (a loss that blew up) leaves a gap in its curve. */
  append(epoch: number, data: Record<string, unknown>): void {
    for (const metric of new Set(Object.keys(data).map(metricOf))) {
      const training = numberIn(data, metric);
      const validation = numberIn(data, VALIDATION + metric);
      if (training === null && validation === null && !this.charts.has(metric)) continue;
      const columns = this.#known(metric);
      columns[0].push(epoch);
      columns[1].push(training);
      columns[2].push(validation);
    }
  }

  #known(metric: string): Columns {
    const known = this.charts.get(metric);
    if (known) return known;
    const columns: Columns = [[], [], []];
    this.charts.set(metric, columns);
    return columns;
  }

  get empty(): boolean {
    return this.charts.size === 0;
  }

  title(name: string): string {
    const words = name.replaceAll("_", " ");
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  curves(name: string): Curve[] {
    return [{ key: name, label: "training" }, { key: VALIDATION + name, label: "validation" }];
  }

  columns(name: string): Columns {
    return this.charts.get(name)!;
  }

  note(): string {
    return "";
  }

  /** Metrics in the order of display. */
  names(): string[] {
    const rank = (name: string) => ["loss", "accuracy"].indexOf(name) + 1 || 3;
    return [...this.charts.keys()].sort((a, b) => rank(a) - rank(b));
  }
}

function numberIn(data: Record<string, unknown>, key: string): Value {
  const value = data[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A metric for the eye: two decimals, three below a tenth, a power of ten where it is tiny or huge. */
export function formatMetric(value: unknown): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  if (size >= 100_000) return value.toExponential(2);
  if (size > 0 && size < 0.0001) return value > 0 ? "<0.0001" : ">-0.0001";
  return value.toFixed(size === 0 || size >= 0.1 ? 2 : size >= 0.001 ? 3 : 4);
}
