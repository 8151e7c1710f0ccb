/** Pictures from files: dropped, picked or pasted. */
import { html, nothing, type TemplateResult } from "lit-html";
import { acceptFiles } from "./lib/file_drop";
import { prepare } from "./lib/picture";
import { type Item, Transfer } from "./lib/transfer";
import { view } from "./lib/view";
import { counted } from "./lib/words";

interface State {
  width: number;
  height: number;
}

/** A row for each refused file would bury the rest when a whole folder was dropped. */
const SHOWN_REFUSALS = 8;
const WATCH_MS = 1000;

function dropZone(over: boolean, take: (files: File[]) => void): TemplateResult {
  const picked = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    take([...(input.files ?? [])]);
    // So that the same file can be chosen again.
    input.value = "";
  };
  return html`<label class="marcelle-drop ${over ? "marcelle-over" : ""}">
    <input type="file" class="marcelle-visually-hidden" multiple accept="image/*,.heic,.heif" @change=${picked} />
    <span class="marcelle-choose">Choose pictures</span>
    <span class="marcelle-muted">or drop or paste them here</span>
  </label>`;
}

function progressRow(item: Item, remove: () => void): TemplateResult {
  const what = item.state === "sending" ? `${Math.round(item.progress * 100)} %` : "reading";
  return html`<li>
    <span class="marcelle-name" title=${item.name}>${item.name}</span>
    <progress aria-label=${`Sending ${item.name}`} max="1" .value=${item.progress}></progress>
    <span class="marcelle-muted">${what}</span>
    <button type="button" class="marcelle-quiet" aria-label=${`Cancel ${item.name}`} @click=${remove}>Cancel</button>
  </li>`;
}

function refusedRow(item: Item, remove: () => void): TemplateResult {
  return html`<li class="marcelle-refused">
    <span><strong class="marcelle-name">${item.name}</strong> ${item.reason}</span>
    <button type="button" class="marcelle-quiet" aria-label=${`Dismiss ${item.name}`} @click=${remove}>Dismiss</button>
  </li>`;
}

function rows(transfer: Transfer): TemplateResult {
  const remove = (...which: Item[]): void => {
    for (const item of which) transfer.remove(item);
  };
  const inState = (...states: Item["state"][]): Item[] => transfer.items.filter(({ state }) => states.includes(state));
  const refused = inState("refused");
  const waiting = inState("waiting");
  return html`<ul>${inState("preparing", "sending").map((item) => progressRow(item, () => remove(item)))}</ul>
    ${summary(waiting.length, "waiting", "Cancel all", () => remove(...waiting))}
    <div role="alert">
      <ul>${refused.slice(-SHOWN_REFUSALS).map((item) => refusedRow(item, () => remove(item)))}</ul>
    </div>
    ${refused.length > 1 ? summary(refused.length, "refused", "Dismiss all", () => remove(...refused)) : nothing}`;
}

function summary(count: number, state: string, action: string, act: () => void): TemplateResult | typeof nothing {
  if (count === 0) return nothing;
  return html`<p class="marcelle-muted">
    ${counted(count, "file")} ${state} <button type="button" class="marcelle-quiet" @click=${act}>${action}</button>
  </p>`;
}

function strip({ arrived, arrivedCount }: Transfer): TemplateResult {
  const count = arrivedCount ? `${counted(arrivedCount, "picture")} sent` : nothing;
  return html`<p class="marcelle-muted" role="status">${count}</p>
    <div class="marcelle-strip">
      ${arrived.map(({ name, thumbnail }) => html`<img src=${thumbnail} alt=${name} title=${name} />`)}
    </div>`;
}

export default view<State>("image_upload", (context) => {
  const { get, el, signal, redraw } = context;
  let over = false;
  const transfer = new Transfer({
    send: context.send,
    prepare: (file) => prepare(file, get("width"), get("height")),
    connection: context.connection,
    changed: redraw,
  });
  const take = (files: File[]): void => transfer.add(files);
  const hover = (value: boolean): void => {
    over = value;
    redraw();
  };
  context.on("received", ({ file, index }) => transfer.received(file, index));
  context.on("accepted", ({ file }) => transfer.accepted(file));
  context.on("refused", ({ file, reason }) => transfer.refused(file, reason));
  acceptFiles(el, { signal, take, over: hover });
  const watch = setInterval(() => transfer.watch(), WATCH_MS);
  signal.addEventListener("abort", () => {
    clearInterval(watch);
    transfer.stop();
  });
  return () => html`${dropZone(over, take)} ${rows(transfer)} ${strip(transfer)}`;
});
