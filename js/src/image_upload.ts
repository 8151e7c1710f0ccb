/** Pictures from files: dropped, picked or pasted. */
import { html, nothing, type TemplateResult } from "lit-html";
import { acceptFiles } from "./lib/file_drop";
import { prepare } from "./lib/picture";
import { Transfer } from "./lib/transfer";
import { dropZone, rows } from "./lib/upload_rows";
import { view } from "./lib/view";
import { counted } from "./lib/words";

interface State {
  width: number;
  height: number;
}

const WATCH_MS = 1000;

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
  el.classList.add("marcelle-upload");
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
  return () => html`${dropZone(over, take, "Choose pictures", "or drop or paste them here", "image/*,.heic,.heif")}
    ${rows(transfer)} ${strip(transfer)}`;
});
