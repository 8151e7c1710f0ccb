/**
 * Files of any kind to the kernel: one after another, in chunks that are answered one by one. Those that were dropped
 * together are handed over together, when all have arrived.
 */
import { html, type TemplateResult } from "lit-html";
import { droppedFiles } from "./dropped_files";
import { acceptFiles } from "./file_drop";
import type { Content } from "./model";
import { LARGE_BYTES, ServerUpload } from "./server_upload";
import { serial } from "./serial";
import { dropZone, type Row, rows } from "./upload_rows";
import type { Context } from "./view";

/** Proxies let this pass, and fewer answers are waited for than with smaller ones. */
export const CHUNK_BYTES = 512 * 1024;
const WATCH_MS = 1000;
/** While the kernel answers pings, an answer that takes this long was lost. */
const LOST_MS = 10_000;

const RESTARTED = "The kernel was restarted: run the cell again, then add the file again.";
const UNREADABLE = "The browser cannot read it: it was moved or changed, or it is a folder.";

interface Item extends Row {
  readonly file: File;
}

/** What the kernel was told, and has not answered yet. */
interface Question {
  content: Content;
  buffers: ArrayBuffer[];
  asked: number;
  answer(content: Content): void;
}

export class FileSender {
  /** Files that wait, are under way, or were refused. */
  readonly items: Item[] = [];
  /** How many files were handed over. */
  sent = 0;
  /** Whether files hover over the view. */
  over = false;
  readonly #context: Context<{ max_bytes: number }>;
  readonly #obstacle: () => string;
  #question: Question | undefined;
  readonly #server = new ServerUpload();
  #turn: Promise<void> = Promise.resolve();

  /** `obstacle` says why no files are taken now, or nothing. */
  constructor(context: Context<{ max_bytes: number }>, obstacle = (): string => "") {
    const { el, signal, redraw } = context;
    this.#context = context;
    this.#obstacle = obstacle;
    for (const kind of ["received", "refused", "delivered", "offered"]) context.on(kind, (content) => this.#receive(content));
    acceptFiles(el, {
      signal,
      take: (files, data) => void droppedFiles(files, data).then((all) => this.take(all)),
      over: (over) => {
        this.over = over;
        redraw();
      },
    });
    const watch = setInterval(() => this.#watch(), WATCH_MS);
    signal.addEventListener("abort", () => {
      clearInterval(watch);
      this.items.length = 0;
      this.#question?.answer({ kind: "gone" });
    });
  }

  /** Send files, after those that are under way, and hand them over together. */
  take(files: File[]): void {
    const reason = this.#obstacle();
    const state = reason ? "refused" : "waiting";
    const items = files.map((file): Item => ({ file, name: file.name, state, progress: 0, reason }));
    this.items.push(...items);
    if (!reason) this.#turn = this.#turn.then(() => this.#sendAll(items));
    this.#context.redraw();
  }

  remove(item: Item): void {
    const index = this.items.indexOf(item);
    if (index >= 0) this.items.splice(index, 1);
    this.#context.redraw();
  }

  template(choose: string, hint: string): TemplateResult {
    return html`<section class="marcelle-upload" aria-label=${choose}>
      ${dropZone(this.over, (files) => this.take(files), choose, hint)} ${rows(this)}
    </section>`;
  }

  async #sendAll(items: Item[]): Promise<void> {
    const files: number[] = [];
    for (const item of items) {
      const file = serial();
      // It may have been taken off the list meanwhile.
      if (!this.items.includes(item)) continue;
      const isLarge = item.file.size >= LARGE_BYTES && this.#server.known;
      if (!isLarge || !(await this.#sendWhole(item, file))) item.reason = await this.#send(item, file).catch(() => UNREADABLE);
      if (item.reason) item.state = "refused";
      else if (this.items.includes(item)) files.push(file);
      else this.#context.send({ kind: "abandon", file });
      if (!item.reason) this.remove(item);
    }
    if (files.length > 0) {
      const { kind } = await this.#ask({ kind: "deliver", file: serial(), files });
      if (kind === "delivered") this.sent = files.length;
    }
    this.#context.redraw();
  }

  /**
   * Send a large file through the page's server, where that and the kernel find each other on one disk; whatever does
   * not go so, goes in chunks.
   */
  async #sendWhole(item: Item, file: number): Promise<boolean> {
    const { size } = item.file;
    if (size > this.#context.get("max_bytes")) return false;
    const offer = await this.#ask({ kind: "offer", file, name: item.name, size, count: 1 });
    if (offer.kind !== "offered" || !offer.nonce) return false;
    item.state = "sending";
    const sha256 = await this.#server.send(String(offer.nonce), item.file, (share) => {
      item.progress = share;
      this.#context.redraw();
      return this.items.includes(item);
    });
    if (sha256) {
      const { kind } = await this.#ask({ kind: "uploaded", file, sha256, index: 0 });
      if (kind === "received") return true;
    }
    this.#context.send({ kind: "abandon", file });
    item.progress = 0;
    return !this.items.includes(item);
  }

  /** Send one file; gives the reason why not, or none. */
  async #send(item: Item, file: number): Promise<string> {
    const { size } = item.file;
    const most = this.#context.get("max_bytes");
    if (size > most) return `It has ${megabytes(size)}, at most ${megabytes(most)} are taken.`;
    const count = Math.max(1, Math.ceil(size / CHUNK_BYTES));
    item.state = "sending";
    for (let index = 0; index < count; index++) {
      const chunk = await item.file.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES).arrayBuffer();
      if (!this.items.includes(item)) return "";
      const { kind, reason } = await this.#ask({ kind: "chunk", file, name: item.name, index, count, size }, [chunk]);
      if (kind === "refused") return String(reason);
      item.progress = (index + 1) / count;
      this.#context.redraw();
    }
    return "";
  }

  #ask(content: Content, buffers: ArrayBuffer[] = []): Promise<Content> {
    return new Promise((answer) => {
      this.#question = { content, buffers, asked: 0, answer };
      this.#post(this.#question);
    });
  }

  #post(question: Question): void {
    question.asked = performance.now();
    const sent = this.#context.send(question.content, question.buffers);
    if (!sent) this.#receive({ ...question.content, kind: "refused", reason: RESTARTED });
  }

  #receive(content: Content): void {
    const question = this.#question;
    if (content.file !== question?.content.file) return;
    // An answer that came late may be about a chunk that was sent twice.
    if (content.kind === "received" && content.index !== question?.content.index) return;
    this.#question = undefined;
    question?.answer(content);
  }

  #watch(): void {
    const question = this.#question;
    const connection = this.#context.connection();
    if (!question) return;
    if (connection === "restarted") this.#receive({ ...question.content, kind: "refused", reason: RESTARTED });
    else if (connection === "ok" && performance.now() - question.asked > LOST_MS) this.#post(question);
  }
}

/** "3.4 MB", "500 MB". */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
