/** A file from the kernel, which comes in pieces, to the folder that the browser puts downloads in. */
import type { Content } from "./model";
import { serial } from "./serial";
import type { Context } from "./view";

/** The browser reads what was clicked after the click. */
const KEPT_MS = 30_000;

export class FileDownload {
  /** What is to be read of it. */
  said = "";
  #context: Context<unknown>;
  /** Of the question under way: answers go to all pages, and only the one that asked keeps the file. */
  #request = "";
  #parts: DataView<ArrayBuffer>[] = [];

  constructor(context: Context<unknown>) {
    this.#context = context;
    context.on("file", (content, buffers) => {
      if (content.request === this.#request) this.#receive(content, buffers);
    });
    context.react(() => {
      if (this.#request && context.connection() === "restarted") this.stop();
    });
  }

  ask(): void {
    this.#request = String(serial());
    this.#parts = [];
    this.said = "Downloading …";
    this.#context.send({ kind: "download", request: this.#request });
    this.#context.redraw();
  }

  /** Wait no more, and say why, where it was waited. */
  stop(said = ""): void {
    this.#request = "";
    this.#parts = [];
    this.said = said;
    this.#context.redraw();
  }

  #receive({ index, count, name }: Content, [part]: DataView[]): void {
    if (index !== this.#parts.length || !part) return this.stop("A part was lost on the way: download it again.");
    this.#parts.push(part as DataView<ArrayBuffer>);
    if (index + 1 < (count as number)) return;
    keep(new Blob(this.#parts), String(name));
    this.stop(`Downloaded: ${name}`);
  }
}

function keep(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
