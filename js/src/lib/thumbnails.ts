/** The instances of a dataset that are shown, page by page and label by label, kept as the kernel has them. */

export interface Item {
  id: string;
  thumbnail: string;
}

export interface ItemsMessage {
  request: number;
  label: string;
  total: number;
  items: Item[];
}

export interface ItemsQuestion {
  kind: "items";
  request: number;
  label: string;
  offset: number;
  limit: number;
}

/** What it needs of a view: to ask the kernel, and to know whether that answers and the view is there. */
interface Asking {
  send(question: ItemsQuestion): unknown;
  connection(): string;
  readonly signal: AbortSignal;
}

export const PAGE = 60;

/** While a class records, its data change many times a second: what is shown follows more calmly. */
const REFRESH_EVERY_MS = 500;

/** An answer that has not come by then is lost, unless the kernel is known to be busy. */
const LOST_AFTER_MS = 10_000;

export interface Group {
  /** The page that is shown; stays until what replaces it has arrived, so that nothing jumps. */
  items: Item[];
  total: number;
  /** Which page is wanted, from 0. */
  page: number;
  /** The number of the question under way; 0: none. */
  request: number;
  /** The page that it asks for. */
  asked: number;
  stale: boolean;
  started: number;
}

/** How many pages there are: an empty label has one. */
export function pageCount(total: number): number {
  return Math.max(1, Math.ceil(total / PAGE));
}

export class Thumbnails {
  #groups = new Map<string, Group>();
  /** The last question's number. Answers go to all views of a dataset: the numbers of each begin elsewhere. */
  request = Math.floor(Math.random() * 2 ** 40);
  #pumping = false;
  readonly #view: Asking;
  readonly #changed: () => void;

  constructor(view: Asking, changed: () => void) {
    this.#view = view;
    this.#changed = changed;
  }

  /** What is known of a label; undefined before it is first shown. */
  group(label: string): Readonly<Group> | undefined {
    return this.#groups.get(label);
  }

  /** Begin to show a label. */
  show(label: string): void {
    if (this.#groups.has(label)) return;
    const group = { items: [] as Item[], total: 0, page: 0 } as Group;
    this.#groups.set(label, group);
    this.#start(label, group);
  }

  /** Show another page of a label; where it is beyond the end, the answer leads to the last. */
  turn(label: string, page: number): void {
    const group = this.#groups.get(label);
    if (!group) return;
    group.page = Math.max(0, Math.trunc(page));
    // who turns fast sees the last page wanted: one question at a time
    if (!group.request) this.#start(label, group);
  }

  /** The data changed: forget the labels that are gone, ask again for the others. */
  refresh(labels: Set<string>): void {
    for (const [label, group] of this.#groups) {
      if (labels.has(label)) group.stale = true;
      else this.#groups.delete(label);
    }
    this.#pump();
  }

  receive({ request, label, total, items }: ItemsMessage): void {
    const group = this.#groups.get(label);
    if (group?.request !== request) return;
    group.request = 0;
    group.total = total;
    group.page = Math.min(group.page, pageCount(total) - 1);
    if (group.page !== group.asked) return this.#start(label, group);
    group.items = items;
    this.#changed();
    this.#pump();
  }

  /** Ask again for what is stale and was not asked for just now. */
  #pump(): void {
    let wait = Infinity;
    for (const [label, group] of this.#groups) {
      if (!group.stale || group.request) continue;
      const due = group.started + REFRESH_EVERY_MS - performance.now();
      if (due <= 0) this.#start(label, group);
      else wait = Math.min(wait, due);
    }
    if (wait === Infinity || this.#pumping) return;
    this.#pumping = true;
    this.#later(() => {
      this.#pumping = false;
      this.#pump();
    }, wait);
  }

  #start(label: string, group: Group): void {
    const request = ++this.request;
    Object.assign(group, { stale: false, request, asked: group.page, started: performance.now() });
    this.#view.send({ kind: "items", request, label, offset: PAGE * group.page, limit: PAGE });
    this.#watch(label, request);
  }

  #watch(label: string, request: number): void {
    this.#later(() => {
      const group = this.#groups.get(label);
      if (group?.request !== request) return;
      if (this.#view.connection() === "ok") this.#start(label, group);
      else this.#watch(label, request);
    }, LOST_AFTER_MS);
  }

  #later(f: () => void, wait: number): void {
    setTimeout(() => this.#view.signal.aborted || f(), wait);
  }
}
