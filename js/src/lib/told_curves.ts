/** What a training has told, by key, and the charts that are drawn of it. */
import type { Curve, CurveColumns } from "./chart";
import type { Charted } from "./curves";
import { clears, type TrainingEntry } from "./training";

export interface ChartKeys {
  name: string;
  keys: string[];
  note: string;
}

type Column = (number | null)[];

export class ToldCurves implements Charted {
  #charts: ChartKeys[] = [];
  #epochs: number[] = [];
  #columns = new Map<string, Column>();
  #planned = 0;
  #running = false;

  take({ status, epoch, epochs, data }: TrainingEntry): void {
    this.#running = status === "start" || status === "epoch";
    this.#planned = epochs ?? this.#planned;
    if (clears(status)) {
      this.#epochs = [];
      this.#columns.clear();
      this.#planned = epochs ?? 0;
    }
    if (status === "epoch") this.#append(epoch ?? 0, data ?? {});
  }

  #append(epoch: number, data: Record<string, unknown>): void {
    const before = this.#epochs.length;
    for (const key of Object.keys(data)) {
      if (!this.#columns.has(key)) this.#columns.set(key, new Array<null>(before).fill(null));
    }
    this.#epochs.push(epoch);
    for (const [key, column] of this.#columns) {
      const value = data[key];
      column.push(typeof value === "number" ? value : null);
    }
  }

  /** Draw these charts from now on. */
  ask(charts: ChartKeys[]): void {
    this.#charts = charts;
  }

  /** The epoch that the horizontal axis reaches to: while it trains, the one planned. */
  get horizon(): number {
    return this.#running ? this.#planned : 0;
  }

  get empty(): boolean {
    return this.#epochs.length === 0;
  }

  names(): string[] {
    return this.#charts.map(({ name }) => name);
  }

  title(name: string): string {
    return name;
  }

  curves(name: string): Curve[] {
    return this.#keys(name).map((key) => ({ key, label: key }));
  }

  columns(name: string): CurveColumns {
    const none = (): Column => new Array<null>(this.#epochs.length).fill(null);
    return [this.#epochs, ...this.#keys(name).map((key) => this.#columns.get(key) ?? none())];
  }

  note(name: string): string {
    return this.#charts.find((chart) => chart.name === name)?.note ?? "";
  }

  #keys(name: string): string[] {
    return this.#charts.find((chart) => chart.name === name)?.keys ?? [];
  }
}
