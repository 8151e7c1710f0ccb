/** A training as the model's log tells it: where it is, what it measured, how it ended. */
import { formatMetric, metricOf, Metrics } from "./columns";

export interface TrainingEntry {
  status: "idle" | "start" | "epoch" | "success" | "error" | "loaded" | "loading";
  epoch: number | null;
  epochs: number | null;
  run: number;
  data: Record<string, unknown> | null;
}

/** Whether the curves so far go: they are of what the model has forgotten, or of another model than was loaded. */
export function clears(status: TrainingEntry["status"]): boolean {
  return status === "start" || status === "idle" || status === "loaded";
}

export class Training {
  readonly metrics = new Metrics();
  status: TrainingEntry["status"] = "idle";
  run = 0;
  epoch = 0;
  epochs = 0;
  #data: Record<string, unknown> = {};
  #numbers: Record<string, unknown> = {};
  #loading = false;

  take({ status, epoch, epochs, run, data }: TrainingEntry): void {
    if (clears(status)) this.#begin();
    // An error is that of the training, or of what was loaded last.
    if (status !== "error") this.#loading = status === "loading";
    this.status = status;
    this.run = run;
    this.epochs = epochs ?? this.epochs;
    this.#data = data ?? {};
    if (status !== "epoch") return;
    this.epoch = epoch ?? this.epoch + 1;
    this.#numbers = this.#data;
    this.metrics.append(this.epoch, this.#numbers);
  }

  #begin(): void {
    this.metrics.clear();
    this.#numbers = {};
    this.epoch = 0;
    this.epochs = 0;
  }

  get running(): boolean {
    return this.status === "start" || this.status === "epoch";
  }

  /** Nothing can be loaded, saved or uploaded meanwhile. */
  get busy(): boolean {
    return this.running || this.status === "loading";
  }

  get failed(): boolean {
    return this.status === "error";
  }

  /** The epoch that the horizontal axis reaches to: the planned one, once it is over the one reached. */
  get horizon(): number {
    return this.running ? this.epochs : this.epoch;
  }

  /** Where the training is, without numbers: short enough to be read out when it changes. */
  get phase(): string {
    const stopped = this.#data.stopped === true;
    const phases = {
      idle: "Not trained yet",
      start: "Training started",
      epoch: "Training",
      success: stopped ? "Stopped, what was learned is kept" : "Trained",
      error: `${this.#loading ? "Not loaded" : "Training failed"}: ${this.#data.message ?? "no reason was given"}`,
      loading: "Loading",
      loaded: "Loaded",
    };
    return phases[this.status];
  }

  /** The status line: the phase, with the epoch and its numbers. */
  get sentence(): string {
    if (this.epoch === 0 || this.failed) return this.phase;
    if (this.status !== "epoch" && this.status !== "success") return this.phase;
    // The number planned can be lowered while a training is past it.
    const where = this.epochs >= this.epoch ? `${this.epoch} of ${this.epochs}` : String(this.epoch);
    const numbers = Object.entries(this.#numbers)
      .filter(([key]) => metricOf(key) === key)
      .map(([key, value]) => `, ${key.replaceAll("_", " ")} ${formatMetric(value)}`)
      .join("");
    if (this.running) return `Epoch ${where}${numbers}`;
    return `${this.phase}: epoch ${where}${numbers}`;
  }
}
