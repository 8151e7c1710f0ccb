/** Where a batch of predictions is, and buttons to stop it and to throw it away. */
import { html, type TemplateResult } from "lit-html";
import { Cancel, CANCEL_TEXT } from "./lib/cancel";
import { thinProgress } from "./lib/thin_progress";
import { type Context, view } from "./lib/view";
import { counted } from "./lib/words";

interface State {
  name: string;
  where: string;
  status: "idle" | "start" | "running" | "success" | "error" | "loaded" | "loading";
  count: number | null;
  total: number | null;
  run: number;
  stopped: boolean;
  message: string;
  control: string;
}

type Get = Context<State>["get"];

function isRunning(get: Get): boolean {
  return get("status") === "start" || get("status") === "running";
}

/** "400 of 1,000 instances"; without a total, of what cannot be counted before, "400 instances". */
function reached(get: Get): string {
  const count = get("count") ?? 0;
  const total = get("total");
  return total === null ? counted(count, "instance") : `${count.toLocaleString("en")} of ${counted(total, "instance")}`;
}

/** Where it is, without numbers: what is read out when it changes. */
function phase(get: Get): string {
  const isPart = (get("count") ?? 0) < (get("total") ?? 0);
  const phases = {
    idle: "No predictions yet: call batch.predict(model, data)",
    loading: "Looking for predictions",
    start: "Predicting",
    running: "Predicting",
    success: get("stopped") ? "Stopped: predict again to go on" : "Predicted",
    loaded: isPart ? "Found in the store: predict again to go on" : "Found in the store",
    error: `Failed: ${get("message") || "no reason was given"}`,
  };
  return phases[get("status")];
}

function sentence(get: Get): TemplateResult {
  const hasNumbers = !["idle", "loading"].includes(get("status"));
  return html`<p class="marcelle-status" ?data-failed=${get("status") === "error"}>
      ${hasNumbers ? html`<b>${reached(get)}</b> · ` : ""}${phase(get)}
    </p>
    <p class="marcelle-visually-hidden" role="status">${phase(get)}</p>`;
}

function progress(get: Get): TemplateResult {
  const total = get("total");
  return thinProgress(isRunning(get) && (total ? (get("count") ?? 0) / total : null));
}

/** The button that was pressed goes away: its place in the keyboard's order goes to the other. */
function passFocus(root: HTMLElement): void {
  const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
  if (active?.matches(".marcelle-cancel")) setTimeout(() => root.querySelector<HTMLElement>(".marcelle-clear")?.focus());
}

export default view<State>("batch_prediction", (context) => {
  const { el, get, send } = context;
  const cancel = new Cancel(context, get("control"));
  let run = isRunning(get) ? get("run") : 0;

  context.react(() => {
    const now = isRunning(get) ? get("run") : 0;
    if (now === run) return;
    if (now === 0) passFocus(el);
    else cancel.greet();
    cancel.over();
    run = now;
  });

  return () => {
    const running = isRunning(get);
    const isEmpty = get("status") === "idle" || get("status") === "loading";
    return html`<header>
        <strong title=${get("name")}>${get("name")}</strong>
        <span class="marcelle-muted">Batch of predictions</span>
      </header>
      ${progress(get)} ${sentence(get)}
      <div class="marcelle-row">
        <button class="marcelle-cancel" ?hidden=${!running} @click=${() => cancel.run(get("run"))}>
          ${CANCEL_TEXT[cancel.state]}
        </button>
        <button class="marcelle-clear" ?disabled=${running || isEmpty} title="Remove all predictions"
          @click=${() => send({ kind: "clear" })}>
          Clear
        </button>
      </div>
      <p class="marcelle-muted">${get("where")}</p>`;
  };
});
