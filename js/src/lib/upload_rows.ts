/** What all uploads show: where to drop files, and what becomes of those that were dropped. */
import { html, nothing, type TemplateResult } from "lit-html";
import { counted } from "./words";

/** A row for each refused file would bury the rest when a whole folder was dropped. */
const SHOWN_REFUSALS = 8;

/** A file that waits, is under way, or was refused. */
export interface Row {
  readonly name: string;
  state: "waiting" | "preparing" | "sending" | "refused";
  /** From 0 to 1. */
  progress: number;
  /** Why it was refused. */
  reason: string;
}

interface Sender<I extends Row> {
  readonly items: readonly I[];
  /** Take one off the list; one that is under way is given up. */
  remove(item: I): void;
}

/** `choose` is on the button, `hint` beside it, `accept` is what the browser's own dialog offers. */
export function dropZone(
  over: boolean,
  take: (files: File[]) => void,
  choose: string,
  hint: string,
  accept = "",
): TemplateResult {
  const picked = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    take([...(input.files ?? [])]);
    // So that the same file can be chosen again.
    input.value = "";
  };
  return html`<label class="marcelle-drop ${over ? "marcelle-over" : ""}">
    <input type="file" class="marcelle-visually-hidden" multiple accept=${accept} @change=${picked} />
    <span class="marcelle-choose">${choose}</span>
    <span class="marcelle-muted">${hint}</span>
  </label>`;
}

export function rows<I extends Row>(sender: Sender<I>): TemplateResult {
  const remove = (...which: I[]): void => which.forEach((item) => sender.remove(item));
  const inState = (...states: Row["state"][]): I[] => sender.items.filter(({ state }) => states.includes(state));
  const refused = inState("refused");
  const waiting = inState("waiting");
  return html`<ul>${inState("preparing", "sending").map((item) => progressRow(item, () => remove(item)))}</ul>
    ${summary(waiting.length, "waiting", "Cancel all", () => remove(...waiting))}
    <div role="alert">
      <ul>${refused.slice(-SHOWN_REFUSALS).map((item) => refusedRow(item, () => remove(item)))}</ul>
    </div>
    ${refused.length > 1 ? summary(refused.length, "refused", "Dismiss all", () => remove(...refused)) : nothing}`;
}

function progressRow(item: Row, remove: () => void): TemplateResult {
  const what = item.state === "sending" ? `${Math.round(item.progress * 100)} %` : "reading";
  return html`<li>
    <span class="marcelle-name" title=${item.name}>${item.name}</span>
    <progress aria-label=${`Sending ${item.name}`} max="1" .value=${item.progress}></progress>
    <span class="marcelle-muted">${what}</span>
    <button type="button" class="marcelle-quiet" aria-label=${`Cancel ${item.name}`} @click=${remove}>Cancel</button>
  </li>`;
}

function refusedRow(item: Row, remove: () => void): TemplateResult {
  return html`<li class="marcelle-refused">
    <span><strong class="marcelle-name">${item.name}</strong> ${item.reason}</span>
    <button type="button" class="marcelle-quiet" aria-label=${`Dismiss ${item.name}`} @click=${remove}>Dismiss</button>
  </li>`;
}

function summary(count: number, state: string, action: string, act: () => void): TemplateResult | typeof nothing {
  if (count === 0) return nothing;
  return html`<p class="marcelle-muted">
    ${counted(count, "file")} ${state} <button type="button" class="marcelle-quiet" @click=${act}>${action}</button>
  </p>`;
}
