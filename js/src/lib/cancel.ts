/** Cancel a run, also while a cell blocks the kernel: through a model that only its own handler writes to. */
import { isContent, type Model } from "./model";
import type { Context } from "./view";

/** A kernel that can deliver the click answers well before this. */
const ANSWER_MS = 1000;

/** JupyterLab opens the subshell while the first views are drawn: what is said then goes to the main shell. */
const GREET_AGAIN_MS = 1000;

export type Cancelling = "no" | "asked" | "heard" | "waiting";

/** What the button says. */
export const CANCEL_TEXT: Record<Cancelling, string> = {
  no: "Cancel",
  asked: "Cancelling …",
  heard: "Cancelling …",
  waiting: "Kernel busy: cancels when it can",
};

export class Cancel<S> {
  state: Cancelling = "no";
  #context: Context<S>;
  #control: Model | undefined;
  #run = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: Context<S>, control: string) {
    this.#context = context;
    context.signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      this.#control?.off("msg:custom", this.#receive);
    });
    void this.#connect(control.replace(/^IPY_MODEL_/, ""));
  }

  /** Ask the kernel to end this run. */
  run(run: number): void {
    this.#run = run;
    this.#set("asked");
    const message = { kind: "cancel", run };
    if (!this.#post(message)) this.#context.send(message);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#set("waiting"), ANSWER_MS);
  }

  /** Say hello, now and again: the kernel's answer decides which of its shells hears the next click. */
  greet(): void {
    this.#post({ kind: "hello" });
  }

  /** No run, or another one: what was asked is over. */
  over(): void {
    clearTimeout(this.#timer);
    this.state = "no";
  }

  async #connect(id: string): Promise<void> {
    try {
      const control = await this.#context.model.widget_manager?.get_model?.(id);
      if (!control || this.#context.signal.aborted) return;
      this.#control = control;
      control.on("msg:custom", this.#receive);
      this.greet();
      const again = setTimeout(() => this.greet(), GREET_AGAIN_MS);
      this.#context.signal.addEventListener("abort", () => clearTimeout(again));
    } catch {
      // A host that keeps its models to itself: the widget's own comm takes the cancel.
    }
  }

  #post(message: { kind: string }): boolean {
    try {
      this.#control?.send(message);
      return this.#control !== undefined;
    } catch {
      return false;
    }
  }

  #receive = (content: unknown): void => {
    if (!isContent(content) || content.kind !== "cancelled" || content.run !== this.#run) return;
    if (this.state === "no") return;
    clearTimeout(this.#timer);
    this.#set("heard");
  };

  #set(state: Cancelling): void {
    this.state = state;
    this.#context.redraw();
  }
}
