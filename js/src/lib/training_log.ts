/** The kernel's numbered log of a model, taken once each, in order, without gaps. */
import type { Content } from "./model";
import { clears, type TrainingEntry } from "./training";

/** A question may have got lost: it is asked again, but not while its answer may be on its way. */
const ASK_AGAIN_MS = 1000;

export class TrainingLog {
  /** The newest number taken; 0 before the first. */
  known = 0;
  #askedFor = -1;
  #askedAt = 0;
  #take: (entry: TrainingEntry) => void;
  #ask: (since: number) => void;

  constructor(take: (entry: TrainingEntry) => void, ask: (since: number) => void) {
    this.#take = take;
    this.#ask = ask;
  }

  /** Take what is new in a `log` message, and ask for what is missing: before it, or after a piece of a long log. */
  receive({ entries, newest }: Content): void {
    if (!Array.isArray(entries)) return;
    for (const [number, entry] of entries as [number, TrainingEntry][]) {
      if (number <= this.known) continue;
      // These clear whatever came before them, which therefore need not be fetched.
      if (number > this.known + 1 && !clears(entry.status)) break;
      this.known = number;
      this.#take(entry);
    }
    this.reach(newest);
  }

  /** The kernel's newest number, from a message or the heartbeat: fetch what did not arrive. */
  reach(newest: unknown): void {
    if (typeof newest !== "number" || newest <= this.known) return;
    const now = performance.now();
    if (this.#askedFor === this.known && now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedFor = this.known;
    this.#askedAt = now;
    this.#ask(this.known);
  }
}
