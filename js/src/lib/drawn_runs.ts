/** What the kernel knows of the runs that are selected, kept as it has it. */
import type { Content } from "./model";
import { colorOf } from "./palette";
import { type Asker, Question } from "./question";
import type { DrawnRun } from "./run_curves";

export type Fact = [name: string, value: string | number | boolean | null];

export interface Details extends Omit<DrawnRun, "color"> {
  version: string;
  facts: Fact[];
  params: Fact[];
  summary: string;
}

/** As many as the kernel tells of. */
export const MOST_DRAWN = 12;
const ASK_EVERY_MS = 500;

export class DrawnRuns {
  #known = new Map<string, Details>();
  /** A run keeps its colour for as long as it is selected. */
  #codes = new Map<string, number>();
  #ids: string[] = [];
  #question: Question;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = -Infinity;
  #stale = false;
  #changed: () => void;

  constructor(asker: Asker, changed: () => void) {
    this.#question = new Question(asker);
    this.#changed = changed;
    asker.signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Those that are known, in the order of their selection. */
  get runs(): (Details & DrawnRun)[] {
    return this.#ids.flatMap((id) => {
      const run = this.#known.get(id);
      return run ? [{ ...run, color: this.color(id) }] : [];
    });
  }

  /** The colour of a run; "" of one that is not drawn. */
  color(id: string): string {
    const code = this.#codes.get(id);
    return code === undefined ? "" : colorOf(code);
  }

  select(ids: string[]): void {
    this.#ids = ids.slice(0, MOST_DRAWN);
    for (const id of [...this.#codes.keys()]) if (!this.#ids.includes(id)) this.#codes.delete(id);
    for (const id of [...this.#known.keys()]) if (!this.#ids.includes(id)) this.#known.delete(id);
    for (const id of this.#ids) if (!this.#codes.has(id)) this.#codes.set(id, this.#free());
    if (this.#ids.every((id) => this.#known.has(id))) this.#changed();
    else this.#ask();
  }

  /** Something has changed in the store. */
  refresh(): void {
    this.#stale = this.#ids.length > 0;
    if (!this.#stale || this.#question.isOpen || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#stale && !this.#question.isOpen) this.#ask();
      },
      Math.max(0, this.#asked + ASK_EVERY_MS - performance.now()),
    );
  }

  receive({ request, runs }: Content): void {
    if (!this.#question.isAnsweredBy(request)) return;
    for (const run of runs as Details[]) {
      // of what is known already, the kernel says no more than that
      if (run.facts && this.#ids.includes(run.id)) this.#known.set(run.id, run);
    }
    this.#changed();
    if (this.#stale) this.refresh();
  }

  #ask(): void {
    this.#stale = false;
    this.#asked = performance.now();
    const known = this.#ids.flatMap((id) => (this.#known.has(id) ? [[id, this.#known.get(id)!.version]] : []));
    this.#question.ask({ kind: "runs", ids: this.#ids, known });
  }

  #free(): number {
    const taken = new Set(this.#codes.values());
    let code = 0;
    while (taken.has(code)) code++;
    return code;
  }
}
