/** What anywidget and ipywidgets hand to a view: only the parts that our views rely on. */

/** A custom message; `kind` names it, the other keys belong to the kind. */
export interface Content {
  kind: string;
  [key: string]: unknown;
}

/** What a view may send: also an interface of its own, which has no index signature. */
export type Outgoing = Content | { kind: string };

export type MessageHandler = (content: Content, buffers: DataView[]) => void;

/** The kernel's status as JupyterLab and Notebook 7 know it; other hosts have none of it. */
export interface Kernel {
  status?: string;
  connectionStatus?: string;
  connectionStatusChanged?: { connect(slot: () => void): unknown };
}

export interface Manager {
  kernel?: Kernel | null;
  get_model?(id: string): Promise<Model>;
}

export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  // The arguments depend on the event: content and buffers for "msg:custom", none that we read for "change".
  on(name: string, callback: (...values: never[]) => void): void;
  off(name: string, callback?: (...values: never[]) => void): void;
  widget_manager?: Manager;
}

/** True for a message that our kernel side could have sent. */
export function isContent(value: unknown): value is Content {
  return typeof (value as Content | null | undefined)?.kind === "string";
}
