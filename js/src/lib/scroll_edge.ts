/** Whether something lies beyond the right edge of what scrolls: not every page shows a scroll bar. */

/** Of a pixel's fractions, and of rounding. */
const SLACK = 2;

export class ScrollEdge {
  isHidden = false;
  #box: Element | null = null;
  #sizes: ResizeObserver;
  #changed: () => void;

  constructor(signal: AbortSignal, changed: () => void) {
    this.#changed = changed;
    this.#sizes = new ResizeObserver(this.look);
    signal.addEventListener("abort", () => this.#sizes.disconnect());
  }

  /** Follow this element, and look at what it holds now. */
  watch(box: Element | null): void {
    if (box !== this.#box) {
      this.#sizes.disconnect();
      if (box) this.#sizes.observe(box);
      this.#box = box;
    }
    this.look();
  }

  look = (): void => {
    const box = this.#box;
    const isHidden = box !== null && box.scrollLeft + box.clientWidth < box.scrollWidth - SLACK;
    if (isHidden === this.isHidden) return;
    this.isHidden = isHidden;
    this.#changed();
  };

  /** Scroll on by half of what is in sight. */
  turn = (): void => {
    const box = this.#box;
    box?.scrollBy({ left: box.clientWidth / 2, behavior: "smooth" });
  };
}
