/** Which instances are selected: one by one, or from the last one to another of the same list. */

export class Selection {
  readonly ids = new Set<string>();
  #anchor = "";

  toggle(id: string): void {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.#anchor = id;
  }

  /** Select from where the last choice was to `id`; only `id` where that was in another list. */
  extend(list: readonly string[], id: string): void {
    const from = list.indexOf(this.#anchor);
    const to = list.indexOf(id);
    if (from < 0 || to < 0) {
      this.ids.add(id);
      this.#anchor = id;
      return;
    }
    this.add(list.slice(Math.min(from, to), Math.max(from, to) + 1));
  }

  add(list: readonly string[]): void {
    for (const id of list) this.ids.add(id);
  }

  clear(): void {
    this.ids.clear();
    this.#anchor = "";
  }

  /** Forget what is gone. */
  drop(ids: readonly string[]): void {
    for (const id of ids) this.ids.delete(id);
  }
}
