/** A question to the kernel whose answer may be lost on the way; of several, only the newest counts. */
import type { Outgoing } from "./model";
import { serial } from "./serial";

/** An answer that has not come by then is lost, unless the kernel is known to be busy. */
const LOST_AFTER_MS = 10_000;

/** What a question needs of a view's context. */
export interface Asker {
  readonly signal: AbortSignal;
  send(content: Outgoing): boolean;
  connection(): string;
}

export class Question {
  #asker: Asker;
  /** The number of the question under way; 0: none. */
  #request = 0;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  get isOpen(): boolean {
    return this.#request !== 0;
  }

  ask(content: Outgoing): void {
    this.#request = serial();
    this.#asker.send({ ...content, request: this.#request });
    this.#watch(content, this.#request);
  }

  /** Whether a message is the answer that is waited for; from then on none is. */
  isAnsweredBy(request: unknown): boolean {
    if (request !== this.#request) return false;
    this.close();
    return true;
  }

  /** Wait no more. */
  close(): void {
    this.#request = 0;
  }

  #watch(content: Outgoing, request: number): void {
    setTimeout(() => {
      if (this.#request !== request || this.#asker.signal.aborted) return;
      if (this.#asker.connection() === "ok") this.ask(content);
      else this.#watch(content, request);
    }, LOST_AFTER_MS);
  }
}
