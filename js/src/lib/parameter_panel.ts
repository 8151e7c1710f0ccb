/** The controls of a model's parameters, drawn from their kinds: one panel for every model. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { onEnter } from "./enter";

export interface Kind {
  type: "integer" | "float" | "boolean" | "text" | "choice" | "integer_list" | "float_list" | "fixed";
  /** What the label says, where it is another name than that of the trait. */
  name?: string;
  min?: number | null;
  max?: number | null;
  options?: unknown[];
  max_length?: number | null;
}

/** What the panel needs of a view's context. */
export interface Values {
  id: string;
  get(name: string): unknown;
  ask(name: string, value: unknown): void;
  redraw(): void;
}

/** A slider writes at most four values a second while it moves. */
const SLIDER_EVERY_MS = 250;

/** A slider with more steps than these has no pixel for each of them. */
const SLIDER_STEPS = 1000;

/** JupyterLab leaves the arrow keys of elements marked `data-lm-suppress-shortcuts` alone: else they change the cell. */
export class ParameterPanel {
  #values: Values;
  /** What is typed or dragged and not yet written: a redraw must not take it away. */
  #drafts = new Map<string, string>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(values: Values, signal: AbortSignal) {
    this.#values = values;
    signal.addEventListener("abort", () => this.#timers.forEach((timer) => clearTimeout(timer)));
  }

  template(kinds: Record<string, Kind>): TemplateResult {
    return html`<div class="marcelle-parameters" @keydown=${onEnter}>
      ${Object.entries(kinds).map(([name, kind]) => this.#row(name, kind))}
    </div>`;
  }

  #row(name: string, kind: Kind): TemplateResult {
    const id = `${this.#values.id}-${name}`;
    return html`<div class="marcelle-parameter">
      <label for=${id}>${title(kind.name ?? name)}</label>
      ${this.#control(id, name, kind)}
    </div>`;
  }

  #control(id: string, name: string, kind: Kind): TemplateResult {
    if (kind.type === "boolean") return this.#checkbox(id, name);
    if (kind.type === "choice") return this.#select(id, name, kind.options ?? []);
    if (kind.type === "text") return this.#field(id, name, kind, String);
    if (kind.type.endsWith("_list")) return this.#field(id, name, kind, numbers);
    if (kind.type === "integer" || kind.type === "float") return this.#number(id, name, kind);
    return html`<output id=${id}>${this.#text(name)}</output>`;
  }

  #checkbox(id: string, name: string): TemplateResult {
    return html`<input id=${id} type="checkbox" .checked=${live(this.#values.get(name) === true)}
      @change=${(event: Event) => this.#values.ask(name, (event.target as HTMLInputElement).checked)} />`;
  }

  #select(id: string, name: string, options: unknown[]): TemplateResult {
    const chosen = this.#values.get(name);
    const change = (event: Event) => {
      this.#values.ask(name, options[(event.target as HTMLSelectElement).selectedIndex]);
      this.#values.redraw();
    };
    return html`<select id=${id} data-lm-suppress-shortcuts="true" @change=${change}>
      ${options.map((option) => html`<option .selected=${live(option === chosen)}>${String(option)}</option>`)}
    </select>`;
  }

  #field(id: string, name: string, kind: Kind, parse: (text: string) => unknown): TemplateResult {
    const list = kind.type !== "text";
    const numeric = kind.type === "integer_list" ? "numeric" : "decimal";
    return html`<input id=${id} type="text" spellcheck="false" .value=${live(this.#text(name))}
        inputmode=${list ? numeric : "text"} maxlength=${(!list && kind.max_length) || nothing}
        aria-describedby=${list ? `${id}-hint` : nothing}
        @input=${this.#draft(name)} @blur=${() => this.#settle(name)}
        @change=${(event: Event) => this.#write(name, parse((event.target as HTMLInputElement).value))} />
      ${list ? html`<small class="marcelle-muted" id="${id}-hint">${kind.type === "float_list" ? "" : "whole "}numbers, with commas</small>` : nothing}`;
  }

  #number(id: string, name: string, kind: Kind): TemplateResult {
    const span = (kind.max ?? Infinity) - (kind.min ?? -Infinity);
    const whole = kind.type === "integer";
    const number = html`<input id=${id} type="number" .value=${live(this.#text(name))}
      min=${kind.min ?? nothing} max=${kind.max ?? nothing} step=${whole ? 1 : "any"}
      @input=${this.#draft(name)} @blur=${() => this.#settle(name)}
      @change=${(event: Event) => this.#writeNumber(name, event)} />`;
    const step = whole ? 1 : span / 100;
    if (!(span / step <= SLIDER_STEPS)) return number;
    return html`${number}<input type="range" aria-label="${title(kind.name ?? name)}, slider" data-lm-suppress-shortcuts="true"
      min=${kind.min!} max=${kind.max!} step=${step} .value=${live(this.#text(name))}
      @input=${(event: Event) => this.#slide(name, event)} />`;
  }

  /** The text of a control: what is being typed, else the value. */
  #text(name: string): string {
    const value = this.#values.get(name);
    return this.#drafts.get(name) ?? (Array.isArray(value) ? value.join(", ") : String(value ?? ""));
  }

  #draft(name: string) {
    return (event: Event) => {
      this.#stopSlider(name);
      this.#drafts.set(name, (event.target as HTMLInputElement).value);
    };
  }

  /** Back to the value that holds. */
  #settle(name: string): void {
    this.#drafts.delete(name);
    this.#values.redraw();
  }

  #write(name: string, value: unknown): void {
    this.#stopSlider(name);
    this.#values.ask(name, value);
    this.#settle(name);
  }

  #writeNumber(name: string, event: Event): void {
    const value = (event.target as HTMLInputElement).valueAsNumber;
    // Half a number ("1e") is no value; a number out of bounds goes to the kernel, which says why not.
    if (Number.isFinite(value)) this.#write(name, value);
    else this.#settle(name);
  }

  #slide(name: string, event: Event): void {
    this.#drafts.set(name, (event.target as HTMLInputElement).value);
    this.#values.redraw();
    if (!this.#timers.has(name)) this.#writeSlider(name);
  }

  /** Write where the slider is, and again until it rests. */
  #writeSlider(name: string, written?: string): void {
    const draft = this.#drafts.get(name);
    this.#timers.delete(name);
    if (draft === undefined || draft === written) return this.#settle(name);
    this.#timers.set(name, setTimeout(() => this.#writeSlider(name, draft), SLIDER_EVERY_MS));
    this.#values.ask(name, Number(draft));
  }

  #stopSlider(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

/** `batch_size` as a label: "Batch size". */
function title(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The numbers in a text; what is none stays text, and the kernel refuses it by name. */
function numbers(text: string): (number | string)[] {
  const items = text.split(/[\s,;]+/).filter(Boolean);
  return items.map((item) => (Number.isFinite(Number(item)) ? Number(item) : item));
}
