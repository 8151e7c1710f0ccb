/** The frame of every view: root element, traits, messages, heartbeat and alert line. */
import { html, render, type TemplateResult } from "lit-html";
import { type Connection, sentence } from "./connection";
import { type Content, isContent, type MessageHandler, type Model, type Outgoing } from "./model";
import { type Member, type Pulse, pulseOf } from "./pulse";

type Name<S> = keyof S & string;

/** What a view works with; `S` holds the types of its traits, by their names in the kernel. */
export interface Context<S> {
  /** The view's root element. */
  readonly el: HTMLElement;
  /** Aborted when the view is removed. */
  readonly signal: AbortSignal;
  /** This view, for the kernel. */
  readonly id: string;
  /** For what no other member gives: another model of the same manager. */
  readonly model: Model;
  get<K extends Name<S>>(name: K): S[K];
  /** Set one trait and tell the kernel. */
  ask<K extends Name<S>>(name: K, value: S[K]): void;
  /** Send a custom message; false where the comm is dead. */
  send(content: Outgoing, buffers?: ArrayBuffer[]): boolean;
  /**
   * Handle the custom messages of one kind until the view is removed. A `pong` comes to every view whose component it
   * names, through whichever widget of the page it arrived.
   */
  on(kind: string, handler: MessageHandler): void;
  /** Run `reaction` after every change of a trait or of the connection, before the view is drawn. */
  react(reaction: () => void): void;
  /** Draw soon; several calls draw once. */
  redraw(): void;
  connection(): Connection;
  /** The newest number of the component's log that the view has taken. */
  known: number;
}

export interface RenderArguments {
  model: Model;
  el: HTMLElement;
  /** From anywidget 0.11 on. */
  signal?: AbortSignal;
}

type Setup<S> = (context: Context<S>) => () => TemplateResult;

/** Make the module that anywidget renders: `export default view("button", …)`. */
export function view<S>(name: string, setup: Setup<S>): { render(given: RenderArguments): () => void } {
  return {
    render({ model, el, signal }) {
      const frame = new Frame<S>(name, model, el);
      frame.open(setup);
      const close = (): void => frame.close();
      signal?.addEventListener("abort", close, { once: true });
      return close;
    },
  };
}

class Frame<S> implements Context<S> {
  readonly el = document.createElement("div");
  readonly id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;
  readonly #handlers = new Map<string, MessageHandler[]>();
  readonly #reactions: (() => void)[] = [];
  readonly #pulse: Pulse;
  readonly #member: Member;
  readonly #component: string;
  known = 0;
  #template: () => TemplateResult = () => html``;
  #drawing = false;

  constructor(
    name: string,
    readonly model: Model,
    parent: HTMLElement,
  ) {
    this.el.className = `marcelle marcelle-${name}`;
    parent.append(this.el);
    this.#component = String(model.get("component_id") ?? "");
    this.#pulse = pulseOf(model);
    this.#member = {
      component: this.#component,
      view: this.id,
      send: (content) => this.#post(content),
      newest: (value) => this.#dispatch({ kind: "pong", newest: { [this.#component]: value } }, []),
      back: () => this.#hello(),
      changed: () => this.#changed(),
    };
  }

  open(setup: Setup<S>): void {
    this.#template = setup(this);
    this.model.on("change", this.#changed);
    this.model.on("msg:custom", this.#receive);
    this.#pulse.join(this.#member);
    this.#hello();
    this.#draw();
  }

  close(): void {
    if (this.signal.aborted) return;
    // First the view lets go of what it holds (a pressed button, a camera), then it says bye.
    this.#controller.abort();
    this.#post({ kind: "bye", view: this.id });
    this.#pulse.leave(this.#member);
    this.model.off("change", this.#changed);
    this.model.off("msg:custom", this.#receive);
    this.el.remove();
  }

  // Arrow functions: a view takes them out of its context.
  get = <K extends Name<S>>(name: K): S[K] => this.model.get(name) as S[K];

  ask = <K extends Name<S>>(name: K, value: S[K]): void => {
    this.model.set(name, value);
    try {
      this.model.save_changes();
    } catch {
      this.#pulse.lost(this.#component);
    }
  };

  send = (content: Outgoing, buffers?: ArrayBuffer[]): boolean => {
    const sent = this.#post(content, buffers);
    if (!sent) this.#pulse.lost(this.#component);
    return sent;
  };

  on = (kind: string, handler: MessageHandler): void => {
    this.#handlers.set(kind, [...(this.#handlers.get(kind) ?? []), handler]);
  };

  react = (reaction: () => void): void => {
    this.#reactions.push(reaction);
  };

  redraw = (): void => {
    if (this.#drawing || this.signal.aborted) return;
    this.#drawing = true;
    // A microtask and no animation frame: a hidden tab has none.
    queueMicrotask(() => {
      this.#drawing = false;
      if (!this.signal.aborted) this.#draw();
    });
  };

  connection = (): Connection => this.#pulse.connection(this.#component);

  /** The kernel answers with all traits, and with what its log has beyond what is known. */
  #hello(): void {
    this.send({ kind: "hello", view: this.id, since: this.known });
  }

  #post(content: Outgoing, buffers?: ArrayBuffer[]): boolean {
    try {
      this.model.send(content, undefined, buffers);
      return true;
    } catch {
      return false;
    }
  }

  #changed = (): void => {
    for (const reaction of this.#reactions) reaction();
    this.redraw();
  };

  #receive = (content: unknown, buffers?: DataView[]): void => {
    if (!isContent(content)) return;
    if (content.kind === "pong") this.#pulse.pong(this.#component, content);
    else this.#dispatch(content, buffers ?? []);
  };

  #dispatch(content: Content, buffers: DataView[]): void {
    for (const handler of this.#handlers.get(content.kind) ?? []) handler(content, buffers);
  }

  #draw(): void {
    const connection = this.connection();
    const text = sentence(connection) || String(this.model.get("alert") ?? "");
    // The element stays while it is empty: screen readers announce a change of it, not its arrival.
    render(
      html`${this.#template()}
        <p class="marcelle-alert" role="alert" data-connection=${connection} ?hidden=${text === ""}>${text}</p>`,
      this.el,
    );
  }
}
