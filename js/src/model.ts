/** The companion of a model: its parameters, Train, Cancel and Clear, and the training as it goes. */
import { html, nothing, type TemplateResult } from "lit-html";
import { Cancel, CANCEL_TEXT } from "./lib/cancel";
import { Curves } from "./lib/curves";
import { FileSender } from "./lib/file_sender";
import { ModelStorage, type Stored } from "./lib/model_storage";
import { type Kind, ParameterPanel } from "./lib/parameter_panel";
import { Training } from "./lib/training";
import { TrainingLog } from "./lib/training_log";
import { type Context, view } from "./lib/view";

/** Besides these, each name in `kinds` is a trait that holds the parameter's value. */
interface State extends Record<string, unknown>, Stored {
  title: string;
  kinds: Record<string, Kind>;
  dataset: string;
  can_train: boolean;
  control: string;
}

function heading(context: Context<State>): TemplateResult {
  const dataset = context.get("dataset");
  return html`<header>
    <strong>${context.get("title")}</strong>
    <span class="marcelle-muted" id="${context.id}-dataset" title=${dataset}>
      ${dataset || "No dataset yet: set model.dataset, or call model.train(data)"}
    </span>
  </header>`;
}

function buttons(context: Context<State>, training: Training, cancel: Cancel<State>): TemplateResult {
  const { running } = training;
  const train = running ? "Training …" : context.get("can_train") ? "Train" : "Train: no dataset";
  return html`<div class="marcelle-row">
    <button class="marcelle-primary marcelle-train" aria-describedby="${context.id}-dataset"
      ?disabled=${running || !context.get("can_train")} @click=${() => context.send({ kind: "train" })}>
      ${train}
    </button>
    <button class="marcelle-cancel" ?hidden=${!running} @click=${() => cancel.run(training.run)}>
      ${CANCEL_TEXT[cancel.state]}
    </button>
    <button class="marcelle-clear" ?disabled=${running} title="Forget what was learned"
      @click=${() => context.send({ kind: "clear" })}>
      Clear
    </button>
  </div>`;
}

/** The numbers change ten times a second; what is read out is the phase alone. */
function progress(training: Training): TemplateResult {
  const { epoch, epochs, running, failed } = training;
  const known = running && epochs > 0;
  return html`<div class="marcelle-progress">
    <progress aria-label="Training" ?data-idle=${!running} max=${epochs || 1} value=${known ? epoch : nothing}>
    </progress>
    <p class="marcelle-status" ?data-failed=${failed}>${training.sentence}</p>
    <p class="marcelle-visually-hidden" role="status">${training.phase}</p>
  </div>`;
}

/** The button that was pressed goes away or is disabled: its place in the keyboard's order goes to the other. */
function passFocus(root: HTMLElement, running: boolean): void {
  const [from, to] = running ? [".marcelle-train", ".marcelle-cancel"] : [".marcelle-cancel", ".marcelle-train"];
  const active = (root.getRootNode() as Document | ShadowRoot).activeElement;
  if (!active || active !== root.querySelector(from)) return;
  setTimeout(() => root.querySelector<HTMLElement>(to)?.focus());
}

export default view<State>("model", (context) => {
  const training = new Training();
  const curves = new Curves(training.metrics, context.signal);
  const panel = new ParameterPanel(context, context.signal);
  const cancel = new Cancel(context, context.get("control"));
  const obstacle = (): string => (training.busy ? "The model is trained or loaded: add it again when that is over." : "");
  // A model that cannot be stored has no such trait.
  const storage = context.get("where") ? new ModelStorage(context, new FileSender(context, obstacle)) : undefined;
  const log = new TrainingLog(
    (entry) => training.take(entry),
    (since) => context.send({ kind: "since", since }),
  );

  context.on("log", (message) => {
    const { running, run } = training;
    log.receive(message);
    context.known = log.known;
    if (!training.running || training.run !== run) cancel.over();
    if (training.running !== running) passFocus(context.el, training.running);
    if (training.running && !running) cancel.greet();
    curves.draw(training.horizon);
    context.redraw();
  });
  context.on("pong", ({ newest }) => {
    for (const number of Object.values(newest as object)) log.reach(number);
  });

  return () => html`${heading(context)}
    ${panel.template(context.get("kinds"))}
    ${buttons(context, training, cancel)}
    ${progress(training)}
    ${curves.node} ${storage?.template(training.busy) ?? nothing}`;
});
