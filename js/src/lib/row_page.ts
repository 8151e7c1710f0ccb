/** The page of a dataset's rows that is shown, kept as the kernel has it. */
import type { Content } from "./model";
import { type Asker, Question } from "./question";

export type Cell = string | number | boolean | null;

export interface Row {
  id: string;
  /** Changes with the instance. */
  version: string;
  cells: Cell[];
}

interface Answer {
  request: number;
  offset: number;
  total: number;
  columns: string[];
  rows: Row[];
}

/** While a class records, its data change many times a second: what is shown follows more calmly. */
const REFRESH_EVERY_MS = 500;

/** So many thumbnails in one message, and so many are remembered. */
const PICTURES = 25;
const REMEMBERED = 2_000;

export class RowPage {
  rows: Row[] = [];
  columns: string[] = [];
  total = 0;
  /** The place of the first row that is shown, from 0. */
  offset = 0;
  size = 20;
  sort = "";
  descending = false;
  /** False before the first answer. */
  isKnown = false;
  #wanted = 0;
  #stale = false;
  #asked = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #question: Question;
  #pictureQuestion: Question;
  /** Thumbnails by id, with the version of the instance that they are of. */
  #pictures = new Map<string, { version: string; url: string }>();
  /** The ids under way, with their versions. */
  #askedPictures: [id: string, version: string][] = [];
  #changed: () => void;

  constructor(asker: Asker, changed: () => void) {
    this.#changed = changed;
    this.#question = new Question(asker);
    this.#pictureQuestion = new Question(asker);
    asker.signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get isWaiting(): boolean {
    return this.#question.isOpen;
  }

  /** The page that is wanted, from 0: who turns fast is ahead of what is shown. */
  get page(): number {
    return Math.floor(this.#wanted / this.size);
  }

  get pages(): number {
    return Math.max(1, Math.ceil(this.total / this.size));
  }

  picture(id: string): string {
    return this.#pictures.get(id)?.url ?? "";
  }

  turn(page: number): void {
    const to = Math.min(this.pages - 1, Math.max(0, page)) * this.size;
    if (to !== this.#wanted) this.#go(to);
  }

  /** Show so many rows a page; what is first now stays in sight. */
  resize(size: number): void {
    this.size = size;
    this.#go(Math.floor(this.offset / size) * size);
  }

  /** Sort by a column; by the same again the other way round, then as the instances came. */
  order(column: string): void {
    if (this.sort !== column) [this.sort, this.descending] = [column, false];
    else if (!this.descending) this.descending = true;
    else [this.sort, this.descending] = ["", false];
    this.#go(0);
  }

  /** Ask again, now or soon. */
  refresh(): void {
    this.#stale = true;
    if (this.#question.isOpen || this.#timer !== undefined) return;
    const wait = this.#asked + REFRESH_EVERY_MS - performance.now();
    if (wait <= 0) this.#go(this.#wanted);
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#stale && !this.#question.isOpen) this.#go(this.#wanted);
      }, wait);
    }
  }

  receive(message: Content): void {
    const { request, offset, total, columns, rows } = message as unknown as Answer;
    if (!this.#question.isAnsweredBy(request)) return;
    Object.assign(this, { rows, columns, total, offset, isKnown: true });
    // others have deleted what was here
    if (rows.length === 0 && total > 0) return this.turn(this.pages - 1);
    this.#askPictures();
    this.#changed();
    if (this.#stale) this.refresh();
  }

  receivePictures(message: Content): void {
    if (!this.#pictureQuestion.isAnsweredBy(message.request)) return;
    const urls = new Map(message.pictures as [string, string][]);
    for (const [id, version] of this.#askedPictures) {
      this.#pictures.delete(id);
      this.#pictures.set(id, { version, url: urls.get(id) ?? "" });
    }
    for (const id of this.#pictures.keys()) {
      if (this.#pictures.size <= REMEMBERED) break;
      this.#pictures.delete(id);
    }
    this.#askPictures();
    this.#changed();
  }

  #go(offset: number): void {
    this.#wanted = offset;
    this.#stale = false;
    this.#asked = performance.now();
    const { size: limit, sort, descending } = this;
    this.#question.ask({ kind: "rows", offset, limit, sort, descending });
    this.#changed();
  }

  /** Thumbnails follow their rows, some at a time. */
  #askPictures(): void {
    if (!this.columns.includes("thumbnail")) return;
    const missing = this.rows.filter(({ id, version }) => this.#pictures.get(id)?.version !== version);
    this.#askedPictures = missing.slice(0, PICTURES).map(({ id, version }) => [id, version]);
    const ids = this.#askedPictures.map(([id]) => id);
    if (ids.length > 0) this.#pictureQuestion.ask({ kind: "pictures", ids });
  }
}
