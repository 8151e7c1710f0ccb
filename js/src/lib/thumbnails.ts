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

export const PAGE = 60;

/** While a class records, its data change many times a second: what is shown follows more calmly. */
const REFRESH_EVERY_MS = 500;

/** An answer that has not come by then is lost, unless the kernel is known to be busy. */
const LOST_AFTER_MS = 10_000;

interface Group {
  /** What is shown; stays until all that replaces it has arrived, so that the page does not jump. */
  items: Item[];
  total: number;
  wanted: number;
  arriving: Item[];
  /** The number of the question under way; 0: none. */
  request: number;
  stale: boolean;
  started: number;
}

export class Thumbnails {
  #groups = new Map<string, Group>();
  /** Answers go to all views of a dataset: the numbers of each begin elsewhere. */
  #request = Math.floor(Math.random() * 2 ** 40);
  #pumping = false;
  #ask: (question: ItemsQuestion) => void;
  #reachable: () => boolean;
  #changed: () => void;
  #signal: AbortSignal;

  constructor(
    ask: (question: ItemsQuestion) => void,
    reachable: () => boolean,
    changed: () => void,
    signal: AbortSignal,
  ) {
    this.#ask = ask;
    this.#reachable = reachable;
    this.#changed = changed;
    this.#signal = signal;
  }

  /** What is known of a label; undefined before it is first shown. */
  group(label: string): Readonly<Group> | undefined {
    return this.#groups.get(label);
  }

  /** All items shown, and whether they are as the kernel has them now. */
  get all(): { items: Item[]; settled: boolean } {
    const groups = [...this.#groups.values()];
    return {
      items: groups.flatMap((group) => group.items),
      settled: groups.every((group) => !group.stale && group.request === 0),
    };
  }

  /** Begin to show a label. */
  show(label: string): void {
    if (this.#groups.has(label)) return;
    const group = { items: [], total: 0, wanted: PAGE, arriving: [], request: 0, stale: false, started: 0 };
    this.#groups.set(label, group);
    this.#start(label, group);
  }

  more(label: string): void {
    const group = this.#groups.get(label);
    if (!group) return;
    group.wanted = group.items.length + PAGE;
    if (group.request !== 0 || group.stale) return;
    group.arriving = [...group.items];
    this.#next(label, group);
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
    if (!group || group.request !== request) return;
    group.request = 0;
    group.total = total;
    group.arriving.push(...items);
    const complete = group.arriving.length >= Math.min(group.wanted, total) || items.length === 0;
    if (!complete) return this.#next(label, group);
    // Data that changed between two pages may have moved an instance from one to the other.
    group.items = [...new Map(group.arriving.map((item) => [item.id, item])).values()];
    this.#changed();
    this.#pump();
  }

  /** Ask again for what is stale and was not asked for just now. */
  #pump(): void {
    let wait = Infinity;
    for (const [label, group] of this.#groups) {
      if (!group.stale || group.request !== 0) continue;
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
    Object.assign(group, { stale: false, arriving: [], started: performance.now() });
    this.#next(label, group);
  }

  #next(label: string, group: Group): void {
    const offset = group.arriving.length;
    const request = ++this.#request;
    group.request = request;
    this.#ask({ kind: "items", request, label, offset, limit: Math.min(PAGE, group.wanted - offset) });
    this.#watch(label, request);
  }

  #watch(label: string, request: number): void {
    this.#later(() => {
      const group = this.#groups.get(label);
      if (group?.request !== request) return;
      if (this.#reachable()) this.#start(label, group);
      else this.#watch(label, request);
    }, LOST_AFTER_MS);
  }

  #later(f: () => void, wait: number): void {
    setTimeout(() => this.#signal.aborted || f(), wait);
  }
}
