/** One camera: opened on a click, closed for good reasons, and never left running by a race. */
import { obstacle, refusal } from "./refusal";

export type Facing = "user" | "environment";

const UNPLUGGED = "The camera stopped: it was unplugged, or another program took it.";

export class Camera {
  phase: "off" | "starting" | "on" = "off";
  /** Why there is no picture; "" where all is well. */
  problem = "";
  devices: MediaDeviceInfo[] = [];
  stream: MediaStream | undefined;
  /**
   * Where frames are taken from. It is never part of the page: JupyterLab takes cells out of the page while they are
   * scrolled away, and a video that is taken out stops.
   */
  readonly video = document.createElement("video");
  /** Each attempt to open has a number; what belongs to an older one is thrown away. */
  #attempt = 0;

  constructor(private readonly changed: () => void) {
    this.video.muted = true;
    this.video.playsInline = true;
  }

  /** Ask for the camera; afterwards `phase` is "on", or `problem` says why not. */
  async open(facing: Facing, device?: string): Promise<void> {
    if (this.phase === "starting") return;
    this.#release();
    const attempt = ++this.#attempt;
    this.phase = "starting";
    this.problem = "";
    this.changed();
    try {
      const stream = await request(facing, device);
      if (attempt !== this.#attempt) return stopTracks(stream);
      this.#take(stream);
      await this.video.play();
      if (attempt !== this.#attempt) return;
      this.phase = "on";
      this.changed();
      // Their names are known only now that the camera is allowed.
      this.devices = await cameras();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.close(refusal(error));
    }
    this.changed();
  }

  close(problem = ""): void {
    this.#attempt += 1;
    this.problem = problem;
    if (this.phase === "off") return;
    this.phase = "off";
    this.#release();
    this.changed();
  }

  /** Which way the camera in use looks, where the device knows it. */
  get facing(): string | undefined {
    return this.#settings?.facingMode;
  }

  get device(): string | undefined {
    return this.#settings?.deviceId;
  }

  get #settings(): MediaTrackSettings | undefined {
    return this.stream?.getVideoTracks()[0]?.getSettings();
  }

  #release(): void {
    if (this.stream) stopTracks(this.stream);
    this.stream = undefined;
    this.video.srcObject = null;
  }

  #take(stream: MediaStream): void {
    this.stream = stream;
    this.video.srcObject = stream;
    stream.getVideoTracks()[0]?.addEventListener("ended", () => {
      if (this.stream === stream) this.close(UNPLUGGED);
    });
  }
}

async function request(facing: Facing, device: string | undefined): Promise<MediaStream> {
  const known = obstacle();
  if (known) throw new Error(known);
  const size = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
  const which = device ? { deviceId: { exact: device } } : { facingMode: facing };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...size, ...which } });
  } catch (error) {
    // The camera chosen is gone, or has no such side: any camera is better than none.
    if ((error as Error).name !== "OverconstrainedError") throw error;
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: true });
  }
}

async function cameras(): Promise<MediaDeviceInfo[]> {
  const devices = (await navigator.mediaDevices.enumerateDevices?.()) ?? [];
  return devices.filter((device) => device.kind === "videoinput" && device.deviceId !== "");
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
