/** The frame of every view: root element, traits, messages, heartbeat and alert line. */
import { html, render, type TemplateResult } from "lit-html";
import { type Connection, SENTENCES } from "./connection";
import { type Content, isContent, type MessageHandler, type Model, type Outgoing } from "./model";
import { type Member, pulseOf } from "./pulse";

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
      const close = open(name, model, el, setup);
      signal?.addEventListener("abort", close, { once: true });
      return close;
    },
  };
}

/**
 * Show a view until the function that this gives is called. Every bundle carries it: no class, because the names of
 * variables are shortened in the bundle, and those of properties are not.
 */
function open<S>(name: string, model: Model, parent: HTMLElement, setup: Setup<S>): () => void {
  const el = document.createElement("div");
  const id = Math.random().toString(36).slice(2);
  const controller = new AbortController();
  const { signal } = controller;
  const component = String(model.get("component_id") ?? "");
  const pulse = pulseOf(model);
  const handlers: [kind: string, handler: MessageHandler][] = [];
  const reactions: (() => void)[] = [];
  let drawing = false;

  const context: Context<S> = {
    el,
    id,
    signal,
    model,
    known: 0,
    get: (name) => model.get(name) as S[typeof name],
    ask(name, value) {
      model.set(name, value);
      try {
        model.save_changes();
      } catch {
        pulse.lost(component);
      }
    },
    send(content, buffers) {
      const sent = post(content, buffers);
      if (!sent) pulse.lost(component);
      return sent;
    },
    on: (kind, handler) => void handlers.push([kind, handler]),
    react: (reaction) => void reactions.push(reaction),
    redraw() {
      if (drawing || signal.aborted) return;
      drawing = true;
      // A microtask and no animation frame: a hidden tab has none.
      queueMicrotask(() => {
        drawing = false;
        if (!signal.aborted) draw();
      });
    },
    connection: () => pulse.connection(component),
  };
  const member: Member = {
    component,
    view: id,
    send: (content) => post(content),
    newest: (value) => dispatch({ kind: "pong", newest: { [component]: value } }, []),
    back: hello,
    changed,
  };

  /** The kernel answers with all traits, and with what its log has beyond what is known. */
  function hello(): void {
    context.send({ kind: "hello", view: id, since: context.known });
  }

  function post(content: Outgoing, buffers?: ArrayBuffer[]): boolean {
    try {
      model.send(content, undefined, buffers);
      return true;
    } catch {
      return false;
    }
  }

  function changed(): void {
    for (const reaction of reactions) reaction();
    context.redraw();
  }

  function receive(content: unknown, buffers?: DataView[]): void {
    if (!isContent(content)) return;
    if (content.kind === "pong") pulse.pong(component, content);
    else dispatch(content, buffers ?? []);
  }

  function dispatch(content: Content, buffers: DataView[]): void {
    for (const [kind, handler] of handlers) if (kind === content.kind) handler(content, buffers);
  }

  function draw(): void {
    const connection = context.connection();
    const text = SENTENCES[connection] || String(model.get("alert") ?? "");
    // The element stays while it is empty: screen readers announce a change of it, not its arrival.
    render(
      html`${template()}
        <p class="marcelle-alert" role="alert" data-connection=${connection} ?hidden=${text === ""}>${text}</p>`,
      el,
    );
  }

  el.className = `marcelle marcelle-${name}`;
  parent.append(el);
  const template = setup(context);
  model.on("change", changed);
  model.on("msg:custom", receive);
  pulse.join(member);
  hello();
  draw();

  return () => {
    if (signal.aborted) return;
    // First the view lets go of what it holds (a pressed button, a camera), then it says bye.
    controller.abort();
    post({ kind: "bye", view: id });
    pulse.leave(member);
    model.off("change", changed);
    model.off("msg:custom", receive);
    el.remove();
  };
}
