import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cover } from "../src/lib/canvas";
import { prepare } from "../src/lib/picture";
import { fakeCanvas } from "./fake_camera";

let drawn: unknown[][];
let close: () => void;

beforeEach(() => {
  ({ drawn } = fakeCanvas());
  close = vi.fn();
});
afterEach(() => vi.unstubAllGlobals());

/** The browser decodes every file to a picture of this size, or none. */
function decodes(width: number, height: number): void {
  vi.stubGlobal("createImageBitmap", async () => ({ width, height, close }));
}
function decodesNothing(): void {
  vi.stubGlobal("createImageBitmap", async () => {
    throw new DOMException("The source image could not be decoded.", "InvalidStateError");
  });
}
const file = (name: string, content: BlobPart = "x", type = ""): File => new File([content], name, { type });

describe("a picture", () => {
  test("keeps its shape, with the longest side at most 2,048", async () => {
    decodes(4096, 1024);
    const { bytes } = await prepare(file("a.jpg"), 0, 0);
    expect(drawn[0]?.slice(1)).toEqual([0, 0, 4096, 1024, 0, 0, 2048, 512]);
    expect(bytes.byteLength).toBe(5);
    expect(close).toHaveBeenCalledOnce();
  });

  test("that is small is not blown up", async () => {
    decodes(100, 50);
    await prepare(file("a.jpg"), 0, 0);
    expect(drawn[0]?.slice(5)).toEqual([0, 0, 100, 50]);
  });

  test("is cropped around its centre where a size is wanted", async () => {
    decodes(640, 480);
    await prepare(file("a.jpg"), 224, 224);
    expect(drawn[0]?.slice(1)).toEqual([80, 0, 480, 480, 0, 0, 224, 224]);
  });

  test.each([
    [640, 480, 224, 224, [80, 0, 480, 480]],
    [480, 640, 224, 224, [0, 80, 480, 480]],
    [640, 480, 640, 480, [0, 0, 640, 480]],
    [100, 100, 200, 100, [0, 25, 100, 50]],
  ])("of %i x %i covers %i x %i", (pw, ph, w, h, part) => {
    expect(cover(pw, ph, w, h)).toEqual(part);
  });
});

describe("a file is refused with advice", () => {
  const refusal = (given: File): Promise<string> =>
    prepare(given, 0, 0).then(
      () => "",
      (error: Error) => error.message,
    );
  const heic = new Uint8Array([0, 0, 0, 24, ...new TextEncoder().encode("ftypheic")]);

  test.each([
    ["empty", file("a.jpg", ""), /empty/],
    ["HEIC by its name", file("IMG_1.HEIC"), /share it as JPEG, or set Camera > Formats > Most Compatible/],
    ["HEIC by its first bytes", file("picture", heic), /Most Compatible/],
    ["no picture", file("notes.pdf", "x", "application/pdf"), /not a picture/],
    ["a damaged picture", file("a.png", "x", "image/png"), /damaged/],
  ])("%s", async (_name, given, sentence) => {
    decodesNothing();
    expect(await refusal(given)).toMatch(sentence);
  });

  test("too large", async () => {
    const given = file("a.jpg");
    Object.defineProperty(given, "size", { value: 100_000_001 });
    expect(await refusal(given)).toMatch(/100 MB/);
  });

  test("but not HEIC where the browser reads it", async () => {
    decodes(10, 10);
    expect(await refusal(file("a.heic"))).toBe("");
  });
});
