/** Plays the browser's pictures and canvas: happy-dom has neither. */
import { vi } from "vitest";

export interface FakePictures {
  /** Every call on the canvas, with its arguments. */
  calls: [name: string, ...values: unknown[]][];
  /** Pictures that are open. */
  open: number;
  /** Fails every picture while true. */
  broken: boolean;
  /** What a picture waits for before it is decoded. */
  decoded: () => Promise<void>;
  /** How many bytes each decoded picture had. */
  sizes: number[];
  texts(): unknown[];
}

export function fakePictures(): FakePictures {
  const fake: FakePictures = {
    calls: [],
    open: 0,
    broken: false,
    decoded: async () => {},
    sizes: [],
    texts: () => fake.calls.filter(([name]) => name === "fillText").map(([, text]) => text),
  };
  vi.stubGlobal("createImageBitmap", async (blob: Blob) => {
    await fake.decoded();
    if (fake.broken) throw new Error("no picture");
    fake.sizes.push(blob.size);
    fake.open += 1;
    return { close: () => void (fake.open -= 1) };
  });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
    const set: Record<string, unknown> = { canvas: this, measureText: (text: string) => ({ width: 7 * text.length }) };
    return new Proxy(set, {
      get: (there, name: string) => there[name] ?? ((...values: unknown[]) => void fake.calls.push([name, ...values])),
      set(there, name: string, value) {
        there[name] = value;
        if (/Style$/.test(name)) fake.calls.push([name, value]);
        return true;
      },
    }) as unknown as RenderingContext;
  } as never);
  return fake;
}

/** What the kernel sends. */
export function picture(number: number, more: Record<string, unknown> = {}): [Record<string, unknown>, DataView[]] {
  const content = { kind: "picture", number, width: 200, height: 100, ...more };
  return [content, content.width ? [new DataView(new ArrayBuffer(10), 2, 5)] : []];
}
