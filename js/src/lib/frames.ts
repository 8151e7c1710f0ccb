/** Frames from a video to the kernel: one in flight, the next only after the kernel has taken it. */
import { cover, encode } from "./canvas";
import { serial } from "./serial";

const QUALITY = 0.9;
/** An answer that is lost with the network would stop the camera for good; while the kernel answers, go on. */
const LOST_MS = 10_000;
/** The rate is measured over this time. */
const WINDOW_MS = 2000;
const NO_PICTURE_YET_MS = 50;

interface Options {
  video: HTMLVideoElement;
  width: number;
  height: number;
  /** Least milliseconds between the starts of two frames. */
  period: number;
  send(content: { kind: string; id: number }, buffers: ArrayBuffer[]): boolean;
}

export class Frames {
  #options: Options;
  #canvas = document.createElement("canvas");
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #inFlight: number | undefined;
  #started = -Infinity;
  #taken: number[] = [];

  constructor(options: Options) {
    this.#options = options;
    this.#canvas.width = options.width;
    this.#canvas.height = options.height;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#next();
  }

  stop(): void {
    this.#running = false;
    this.#inFlight = undefined;
    this.#taken = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The kernel has taken a frame; false where it is not the one under way. */
  taken(id: unknown): boolean {
    if (id !== this.#inFlight) return false;
    this.#inFlight = undefined;
    this.#taken.push(performance.now());
    this.#next();
    return true;
  }

  /** Call now and then while the kernel answers: gives up on an answer that must have been lost. */
  recover(limit = LOST_MS): void {
    if (this.#inFlight === undefined || this.waited < limit) return;
    this.#inFlight = undefined;
    this.#next();
  }

  /** Milliseconds since the frame that is under way was started; 0 where there is none. */
  get waited(): number {
    return this.#inFlight === undefined ? 0 : performance.now() - this.#started;
  }

  /** Frames a second over the last seconds. */
  get rate(): number {
    const now = performance.now();
    this.#taken = this.#taken.filter((time) => now - time <= WINDOW_MS);
    const [first] = this.#taken;
    // Intervals between frames, so that the first second does not read low.
    return first === undefined || now === first ? 0 : ((this.#taken.length - 1) * 1000) / (now - first);
  }

  #next(pause = 0): void {
    if (!this.#running || this.#inFlight !== undefined || this.#timer !== undefined) return;
    const wait = Math.max(pause, this.#started + this.#options.period - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#shoot();
    }, wait);
  }

  async #shoot(): Promise<void> {
    const { video, send } = this.#options;
    if (video.videoWidth === 0) return this.#next(NO_PICTURE_YET_MS);
    const id = serial();
    this.#inFlight = id;
    this.#started = performance.now();
    const sent = await this.#jpeg(video).then(
      (bytes) => id === this.#inFlight && send({ kind: "frame", id }, [bytes]),
      () => false,
    );
    if (sent || id !== this.#inFlight) return;
    this.#inFlight = undefined;
    this.#next(NO_PICTURE_YET_MS);
  }

  async #jpeg(video: HTMLVideoElement): Promise<ArrayBuffer> {
    const { width, height } = this.#canvas;
    const context = this.#canvas.getContext("2d", { alpha: false, willReadFrequently: true })!;
    context.imageSmoothingQuality = "medium";
    context.drawImage(video, ...cover(video.videoWidth, video.videoHeight, width, height), 0, 0, width, height);
    return await (await encode(this.#canvas, QUALITY)).arrayBuffer();
  }
}
