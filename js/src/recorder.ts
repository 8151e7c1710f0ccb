/** Collect instances: a label, and a button that records while it is held, or adds the pictures that wait. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { onEnter } from "./lib/enter";
import { Hold } from "./lib/hold";
import { type Context, view } from "./lib/view";
import { counted } from "./lib/words";

interface State {
  label: string;
  labels: string[];
  counts: [label: string, count: number][];
  recording: boolean;
  pending: number;
  live: boolean;
  dataset_name: string;
}

/** As long as the kernel lets a label be. */
const LABEL_LENGTH = 100;

/** A label is written once the typing pauses: it is there before the button is reached. */
const WRITE_AFTER_MS = 150;

/** The label field: what is typed counts at once here, and a little later in the kernel. */
class LabelField {
  #context: Context<State>;
  #draft: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: Context<State>) {
    this.#context = context;
    context.signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get text(): string {
    return this.#draft ?? this.#context.get("label");
  }

  get label(): string {
    return this.text.trim();
  }

  type(text: string): void {
    this.#draft = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.write(), WRITE_AFTER_MS);
    this.#context.redraw();
  }

  /** Tell the kernel what is typed. */
  write(): void {
    clearTimeout(this.#timer);
    if (this.label !== this.#context.get("label")) this.#context.ask("label", this.label);
  }

  /** The typing is over: from here on the field shows what the kernel holds. */
  settle(): void {
    this.write();
    this.#draft = undefined;
    this.#context.redraw();
  }

  choose(label: string): void {
    this.#draft = label;
    this.settle();
  }
}

/** Labels that the recorder knows and labels that the data have, each once. */
function knownLabels({ get }: Context<State>): string[] {
  return [...new Set([...get("labels"), ...get("counts").map(([label]) => label)])];
}

function labelRow(context: Context<State>, field: LabelField, known: string[]): TemplateResult {
  const id = `${context.id}-label`;
  return html`<div class="marcelle-field" @keydown=${onEnter}>
    <label for=${id}>Label</label>
    <input id=${id} list="${id}s" maxlength=${LABEL_LENGTH} autocomplete="off" placeholder="for example: wave"
      .value=${live(field.text)} @change=${() => field.settle()} @blur=${() => field.settle()}
      @input=${(event: Event) => field.type((event.target as HTMLInputElement).value)} />
    <datalist id="${id}s">${known.map((label) => html`<option value=${label}></option>`)}</datalist>
  </div>`;
}

function chips(context: Context<State>, field: LabelField, known: string[]): TemplateResult {
  const counts = new Map(context.get("counts"));
  const chip = (label: string) => {
    const count = counts.get(label) ?? 0;
    return html`<button class="marcelle-chip" aria-pressed=${label === field.label} title=${label}
      @click=${() => field.choose(label)}>
      <span class="marcelle-label">${label}</span> <span class="marcelle-count">${count}</span>
    </button>`;
  };
  return html`<div class="marcelle-chips" role="group" aria-label="Known labels">${known.map(chip)}</div>`;
}

function holdButton(hold: Hold, recording: boolean, label: string, hint: string): TemplateResult {
  return html`<button class="marcelle-record marcelle-primary" ?data-recording=${recording} ?disabled=${label === ""}
    aria-pressed=${recording} aria-describedby=${hint}
    @pointerdown=${hold} @keydown=${hold} @keyup=${hold} @click=${hold} @blur=${hold} @contextmenu=${hold}>
    <span class="marcelle-dot" aria-hidden="true"></span>${recording ? "Recording" : "Hold to record"}
  </button>`;
}

function addButtons(context: Context<State>, field: LabelField, hint: string): TemplateResult {
  const pending = context.get("pending");
  const add = (): void => {
    field.write();
    context.send({ kind: "add", label: field.label });
  };
  const pictures = pending > 0 ? counted(pending, "picture") : "pictures";
  return html`<button class="marcelle-primary marcelle-add" ?disabled=${pending === 0 || field.label === ""}
      aria-describedby=${hint} @click=${add}>
      <span class="marcelle-label">Add ${pictures}${field.label ? ` to ‘${field.label}’` : nothing}</span>
    </button>
    <button ?disabled=${pending === 0} @click=${() => context.send({ kind: "discard" })}>Discard</button>`;
}

/** Why the button cannot be pressed, or what it does. */
function advice(context: Context<State>, label: string, recording: boolean): string {
  if (label === "") return "Type a label first";
  if (!context.get("live")) return context.get("pending") > 0 ? "" : "Choose or drop pictures first";
  return recording ? `as ‘${label}’` : "with the pointer, or with the Space key";
}

export default view<State>("recorder", (context) => {
  const field = new LabelField(context);
  const hold = new Hold({
    signal: context.signal,
    changed: () => context.redraw(),
    send(content) {
      // The label comes along: its own message can be overtaken.
      const { label } = field;
      if (content.kind === "press") field.settle();
      context.send(content.kind === "press" ? { ...content, label } : content);
    },
  });

  return () => {
    const known = knownLabels(context);
    // The kernel's word: a press that it refuses records nothing, and must not look as if it did.
    const recording = context.get("recording");
    const total = context.get("counts").reduce((sum, [, count]) => sum + count, 0);
    const hint = `${context.id}-hint`;
    return html`${labelRow(context, field, known)}
      ${known.length > 0 ? chips(context, field, known) : nothing}
      <div class="marcelle-row">
        ${context.get("live")
          ? holdButton(hold, recording, field.label, hint)
          : addButtons(context, field, hint)}
        <small class="marcelle-muted" id=${hint}>${advice(context, field.label, recording)}</small>
      </div>
      <footer class="marcelle-label marcelle-muted" title=${context.get("dataset_name")}>
        ${context.get("dataset_name")}: ${counted(total, "instance")}
      </footer>`;
  };
});
