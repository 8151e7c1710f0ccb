/** Pictures that the kernel sends: drawn one after another, the newest wins, and each is answered. */
import type { Content } from "./model";
import type { Context } from "./view";

/** A small picture is drawn larger, so that the text on it can be read. */
const LEAST_WIDTH = 480;
const MOST_HEIGHT = 640;
/** Where the page has not laid out the view yet. */
const DEFAULT_WIDTH = 640;

interface Arrived {
  content: Content;
  data: DataView | undefined;
}

/** Draws over the picture; `scale` is from its pixels to those of the canvas, `unit` is a pixel of the page. */
export type Paint = (g: CanvasRenderingContext2D, content: Content, scale: number, unit: number) => void;

export class ShownPicture<S> {
  readonly node = document.createElement("canvas");
  /** What came with the picture that is drawn; null before the first. */
  content: Content | null = null;
  #bitmap: ImageBitmap | null = null;
  #next: Arrived | null = null;
  #busy = false;

  constructor(
    private readonly context: Context<S>,
    private readonly paint: Paint = () => {},
  ) {
    const { el, signal } = context;
    this.node.setAttribute("role", "img");
    this.node.hidden = true;
    context.on("picture", (content, buffers) => {
      this.#next = { content, data: buffers[0] };
      if (!this.#busy) void this.#work();
    });
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(el);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      this.#bitmap?.close();
      this.#bitmap = null;
    });
    context.send({ kind: "look" });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#next && !this.context.signal.aborted) {
      const { content, data } = this.#next;
      this.#next = null;
      await this.#take(content, data);
      // Also one that could not be drawn: the kernel would wait.
      this.context.send({ kind: "drawn", number: content.number });
    }
    this.#busy = false;
  }

  async #take(content: Content, data: DataView | undefined): Promise<void> {
    let bitmap: ImageBitmap | null = null;
    try {
      // A copy: the bytes may lie within a larger message.
      if (data) bitmap = await createImageBitmap(new Blob([new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)], { type: "image/jpeg" }));
    } catch {
      return;
    }
    if (this.context.signal.aborted) {
      bitmap?.close();
      return;
    }
    this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.content = bitmap ? content : null;
    this.draw();
    this.context.redraw();
  }

  /** Draw what is there once more, in the size that the page has for it. */
  draw(): void {
    const { node } = this;
    const [bitmap, content] = [this.#bitmap, this.content];
    node.hidden = !bitmap;
    if (!bitmap || !content) return;
    const { el } = this.context;
    const [width, height] = [Number(content.width), Number(content.height)];
    const wanted = Math.max(1, Math.min(Math.max(width, LEAST_WIDTH), (MOST_HEIGHT * width) / height));
    const { paddingLeft, paddingRight } = getComputedStyle(el);
    const padding = (Number.parseFloat(paddingLeft) || 0) + (Number.parseFloat(paddingRight) || 0);
    // The view asks for its width: beside others it would be as narrow as what it showed before, and stay so.
    el.style.width = `${wanted + padding}px`;
    // And gives of it what others need.
    el.parentElement?.style.setProperty("min-width", "0");
    const shown = Math.max(1, Math.min(wanted, (el.clientWidth || DEFAULT_WIDTH + padding) - padding));
    const unit = Math.min(2, globalThis.devicePixelRatio || 1);
    const scale = (shown * unit) / width;
    node.style.width = `${shown}px`;
    // Setting a size, also the same one, empties the canvas.
    node.width = Math.max(1, Math.round(width * scale));
    node.height = Math.max(1, Math.round(height * scale));
    const g = node.getContext("2d")!;
    g.drawImage(bitmap, 0, 0, node.width, node.height);
    this.paint(g, content, scale, unit);
  }
}
