/** Plays the browser's cameras: happy-dom has none. */
import { vi } from "vitest";

export class FakeTrack extends EventTarget {
  readyState = "live";
  constructor(private readonly settings: MediaTrackSettings) {
    super();
  }
  stop(): void {
    this.readyState = "ended";
  }
  getSettings(): MediaTrackSettings {
    return this.settings;
  }
}

class FakeStream {
  constructor(readonly tracks: FakeTrack[]) {}
  getTracks(): FakeTrack[] {
    return this.tracks;
  }
  getVideoTracks(): FakeTrack[] {
    return this.tracks;
  }
}

export interface FakeCameras {
  /** Every track that was handed out. */
  tracks: FakeTrack[];
  /** What was asked for. */
  constraints: MediaStreamConstraints[];
  devices: Partial<MediaDeviceInfo>[];
  /** What the next request does; by default it succeeds at once. */
  answer: () => Promise<void>;
  facing: string | undefined;
}

export function namedError(name: string): Error {
  return Object.assign(new Error("the browser's own words"), { name });
}

/** Install cameras, and a video and a canvas that give 640 x 480 pictures. */
export function fakeCameras(): FakeCameras {
  const cameras: FakeCameras = {
    tracks: [],
    constraints: [],
    devices: [{ kind: "videoinput", deviceId: "one", label: "Front" }],
    answer: async () => {},
    facing: undefined,
  };
  const getUserMedia = async (constraints: MediaStreamConstraints): Promise<unknown> => {
    cameras.constraints.push(constraints);
    await cameras.answer();
    const settings: MediaTrackSettings = { deviceId: "one", ...(cameras.facing && { facingMode: cameras.facing }) };
    const track = new FakeTrack(settings);
    cameras.tracks.push(track);
    return new FakeStream([track]);
  };
  vi.stubGlobal("isSecureContext", true);
  define(navigator, { mediaDevices: { getUserMedia, enumerateDevices: async () => cameras.devices } });
  define(HTMLVideoElement.prototype, {
    play: async () => {},
    videoWidth: 640,
    videoHeight: 480,
    paused: false,
    srcObject: null,
  });
  fakeCanvas();
  return cameras;
}

/** Give an object of the browser properties that happy-dom does not have, or only partly. */
export function define(object: object, values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
  }
}

/** The arguments of every `drawImage`, and a JPEG of `size` bytes from every canvas. */
export function fakeCanvas(size = 5): { drawn: unknown[][] } {
  const drawn: unknown[][] = [];
  const context = { drawImage: (...values: unknown[]) => drawn.push(values), fillRect: () => {} };
  const { prototype } = HTMLCanvasElement;
  vi.spyOn(prototype, "getContext").mockReturnValue(context as unknown as RenderingContext);
  vi.spyOn(prototype, "toDataURL").mockReturnValue("data:image/jpeg;base64,AAAA");
  vi.spyOn(prototype, "toBlob").mockImplementation((done) => {
    done({ arrayBuffer: async () => new ArrayBuffer(size) } as Blob);
  });
  return { drawn };
}
