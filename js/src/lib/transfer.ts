/** Files to the kernel: strictly one after another, in chunks, one chunk under way at a time. */
import type { Connection } from "./connection";
import { type Picture, PictureRefused } from "./picture";
import { serial } from "./serial";

export const CHUNK_BYTES = 256 * 1024;
/** While the kernel answers pings, an answer that takes this long was lost. */
const LOST_MS = 10_000;
/** The last answer comes after the pipeline has taken the picture, which may take its time. */
const LOST_AT_END_MS = 60_000;
const ATTEMPTS = 3;
/** So many thumbnails of pictures that arrived are kept. */
const KEPT = 12;

const RESTARTED = "The kernel was restarted: run the cell again, then add the file again.";
const LOST = "The kernel did not confirm this picture: look whether it arrived, or add it again.";

export interface Item {
  /** Of the file in the list, not of the attempt to send it. */
  readonly key: number;
  readonly name: string;
  state: "waiting" | "preparing" | "sending" | "refused";
  /** From 0 to 1. */
  progress: number;
  /** Why it was refused. */
  reason: string;
  thumbnail: string;
}

interface Options {
  send(content: { kind: string; [key: string]: unknown }, buffers?: ArrayBuffer[]): boolean;
  prepare(file: File): Promise<Picture>;
  connection(): Connection;
  changed(): void;
}

/** A file on its way. */
interface Travel {
  item: Item;
  file: number;
  bytes: ArrayBuffer;
  index: number;
  count: number;
  attempt: number;
  /** When the newest chunk left. */
  sent: number;
}

export class Transfer {
  /** Files that wait, are under way, or were refused. */
  readonly items: Item[] = [];
  /** The last pictures that arrived, newest first. */
  readonly arrived: Item[] = [];
  arrivedCount = 0;
  #files = new Map<Item, File>();
  #travel: Travel | undefined;
  #preparing: Item | undefined;

  constructor(private readonly options: Options) {}

  get busy(): boolean {
    return this.#travel !== undefined || this.#preparing !== undefined;
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      const item: Item = { key: serial(), name: file.name, state: "waiting", progress: 0, reason: "", thumbnail: "" };
      this.items.push(item);
      this.#files.set(item, file);
    }
    this.#next();
    this.options.changed();
  }

  /** Take an item off the list; one that is under way is given up. */
  remove(item: Item): void {
    this.#takeOff(item);
    if (this.#travel?.item === item) this.#abandon();
    this.#next();
    this.options.changed();
  }

  /** The view is removed: nothing more is sent. */
  stop(): void {
    this.#files.clear();
    this.#preparing = undefined;
    this.#abandon();
  }

  received(file: unknown, index: unknown): void {
    const travel = this.#travel;
    if (!travel || file !== travel.file || index !== travel.index) return;
    travel.index += 1;
    travel.item.progress = travel.index / travel.count;
    if (travel.index < travel.count) this.#sendChunk(travel);
    else travel.sent = performance.now();
    this.options.changed();
  }

  accepted(file: unknown): void {
    if (!this.#travel || this.#travel.file !== file) return;
    const { item } = this.#travel;
    this.#takeOff(item);
    this.arrived.unshift(item);
    this.arrived.length = Math.min(this.arrived.length, KEPT);
    this.arrivedCount += 1;
    this.#end();
  }

  refused(file: unknown, reason: unknown): void {
    if (this.#travel?.file !== file) return;
    this.#fail(typeof reason === "string" ? reason : "The kernel refused the picture.");
  }

  /** Call about once a second: what was lost with the network is sent again, what a restart took is refused. */
  watch(): void {
    const travel = this.#travel;
    const connection = this.options.connection();
    if (!travel) return;
    if (connection === "restarted") return this.#failAll();
    const complete = travel.index >= travel.count;
    if (connection !== "ok" || performance.now() - travel.sent < (complete ? LOST_AT_END_MS : LOST_MS)) return;
    if (complete || travel.attempt >= ATTEMPTS) return this.#fail(LOST);
    // From its beginning and under another number: whether the lost chunk arrived is not known.
    this.options.send({ kind: "abandon", file: travel.file });
    this.#depart(travel.item, travel.bytes, travel.attempt + 1);
  }

  #next(): void {
    const next = this.busy ? undefined : this.items.find((item) => item.state === "waiting");
    const file = next && this.#files.get(next);
    if (next && file) void this.#prepare(next, file);
  }

  async #prepare(item: Item, file: File): Promise<void> {
    this.#preparing = item;
    item.state = "preparing";
    try {
      const { bytes, thumbnail } = await this.options.prepare(file);
      // It may have been taken off the list, or the view removed, meanwhile.
      if (this.#files.has(item)) {
        item.thumbnail = thumbnail;
        this.#depart(item, bytes, 1);
      }
    } catch (error) {
      refuse(item, error instanceof PictureRefused ? error.message : `The picture cannot be used (${String(error)}).`);
    }
    if (this.#preparing === item) this.#preparing = undefined;
    this.#next();
    this.options.changed();
  }

  #depart(item: Item, bytes: ArrayBuffer, attempt: number): void {
    item.state = "sending";
    item.progress = 0;
    const count = Math.max(1, Math.ceil(bytes.byteLength / CHUNK_BYTES));
    this.#travel = { item, file: serial(), bytes, index: 0, count, attempt, sent: 0 };
    this.#sendChunk(this.#travel);
  }

  #sendChunk(travel: Travel): void {
    const { item, file, bytes, index, count } = travel;
    const chunk = bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    travel.sent = performance.now();
    const content = { kind: "chunk", file, name: item.name, index, count, size: bytes.byteLength };
    if (!this.options.send(content, [chunk])) this.#failAll();
  }

  #fail(reason: string): void {
    if (this.#travel) refuse(this.#travel.item, reason);
    this.#end();
  }

  /** No kernel will take any of them. */
  #failAll(): void {
    for (const item of this.items) if (item.state === "waiting") refuse(item, RESTARTED);
    this.#fail(RESTARTED);
  }

  #end(): void {
    this.#travel = undefined;
    this.#next();
    this.options.changed();
  }

  #takeOff(item: Item): void {
    this.#files.delete(item);
    const index = this.items.indexOf(item);
    if (index >= 0) this.items.splice(index, 1);
  }

  #abandon(): void {
    if (this.#travel) this.options.send({ kind: "abandon", file: this.#travel.file });
    this.#travel = undefined;
  }
}

function refuse(item: Item, reason: string): void {
  item.state = "refused";
  item.reason = reason;
}
