/** The curves of several trainings, those of one metric in one chart. */
import type { Curve, CurveColumns } from "./chart";
import type { Charted } from "./curves";

/** A run as it is drawn. */
export interface DrawnRun {
  id: string;
  name: string;
  color: string;
  epochs: number[];
  curves: Record<string, (number | null)[]>;
}

const MOST_CHARTS = 12;
const BREAK = "\n";

export class RunCurves implements Charted {
  #runs: DrawnRun[] = [];

  show(runs: DrawnRun[]): void {
    this.#runs = runs;
  }

  get empty(): boolean {
    return this.names().length === 0;
  }

  /** With the runs: a chart has the curves that it was made with. */
  names(): string[] {
    const keys = [...new Set(this.#runs.flatMap(({ curves }) => Object.keys(curves)))].slice(0, MOST_CHARTS);
    const runs = this.#runs.map(({ id, color }) => id + color);
    return keys.map((key) => [key, ...runs].join(BREAK));
  }

  title(name: string): string {
    return key(name).replaceAll("_", " ");
  }

  curves(name: string): Curve[] {
    return this.#runs.map((run) => ({ key: key(name), label: run.name, color: run.color }));
  }

  /** Over the epochs of all runs; where a run has none of its own, its line goes on, but not beyond its end. */
  columns(name: string): CurveColumns {
    const epochs = [...new Set(this.#runs.flatMap((run) => run.epochs))].sort((a, b) => a - b);
    const columns = this.#runs.map((run) => {
      const values = run.curves[key(name)];
      if (!values) return epochs.map(() => null);
      const known = new Map(run.epochs.map((epoch, i) => [epoch, values[i] ?? null]));
      const last = run.epochs.at(-1) ?? 0;
      // uPlot breaks a line at null, and leaves undefined out
      return epochs.map((epoch) => (epoch > last ? null : known.get(epoch)) as number | null);
    });
    return [epochs, ...columns];
  }

  note(): string {
    return "";
  }
}

function key(name: string): string {
  return name.slice(0, name.indexOf(BREAK));
}
