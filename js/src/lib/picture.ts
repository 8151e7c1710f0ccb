/** A file that the user chose, made into a JPEG of the size that the kernel wants, or refused with advice. */
import { cover, encode } from "./canvas";

const QUALITY = 0.92;
/** Longest side where the kernel asked for no size. */
const LONGEST = 2048;
const MOST_BYTES = 100_000_000;
const THUMBNAIL = 96;

const PICTURE_NAME = /\.(jpe?g|jfif|png|webp|gif|bmp|avif|tiff?|heic|heif)$/i;
const HEIC_NAME = /\.(heic|heif)$/i;

export interface Picture {
  bytes: ArrayBuffer;
  /** A small data URL, for the row of pictures sent. */
  thumbnail: string;
}

/** The sentence says what is wrong with the file and what to do; the name is shown beside it. */
export class PictureRefused extends Error {}

/** Decode, turn upright, scale or crop, encode. `width` and `height` of 0: keep the shape, limit the longest side. */
export async function prepare(file: File, width: number, height: number): Promise<Picture> {
  if (file.size === 0) throw new PictureRefused("The file is empty.");
  if (file.size > MOST_BYTES) throw new PictureRefused("The file is larger than 100 MB: make it smaller first.");
  const bitmap = await decode(file);
  try {
    const canvas = width > 0 && height > 0 ? cropped(bitmap, width, height) : shrunk(bitmap, LONGEST);
    const blob = await encode(canvas, QUALITY);
    return { bytes: await blob.arrayBuffer(), thumbnail: shrunk(bitmap, THUMBNAIL).toDataURL("image/jpeg", 0.8) };
  } finally {
    bitmap.close();
  }
}

async function decode(file: File): Promise<ImageBitmap> {
  try {
    // Phones store pictures lying and write into the file which way is up.
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new PictureRefused(await advice(file));
  }
}

async function advice(file: File): Promise<string> {
  if (await isHeic(file)) {
    return (
      "This browser cannot read HEIC pictures: open it on the phone and share it as JPEG, " +
      "or set Camera > Formats > Most Compatible."
    );
  }
  if (file.type.startsWith("image/") || PICTURE_NAME.test(file.name)) {
    return "The picture cannot be read: the file is damaged, or of a kind that this browser does not know.";
  }
  return "This is not a picture: choose JPEG, PNG, WebP, GIF or BMP.";
}

/** iPhones name them so, or they have lost their name: the file's first bytes tell. */
async function isHeic(file: File): Promise<boolean> {
  if (HEIC_NAME.test(file.name) || /^image\/hei[cf]/.test(file.type)) return true;
  try {
    const head = String.fromCharCode(...new Uint8Array(await file.slice(4, 12).arrayBuffer()));
    return /^ftyp(hei|hev|mif1|msf1)/.test(head);
  } catch {
    // A folder that was dropped, or a file that is gone, has no bytes.
    return false;
  }
}

function cropped(bitmap: ImageBitmap, width: number, height: number): HTMLCanvasElement {
  return drawn(bitmap, cover(bitmap.width, bitmap.height, width, height), width, height);
}

function shrunk(bitmap: ImageBitmap, longest: number): HTMLCanvasElement {
  const { width, height } = bitmap;
  const scale = Math.min(1, longest / Math.max(width, height));
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale));
  return drawn(bitmap, [0, 0, width, height], scaled(width), scaled(height));
}

function drawn(
  bitmap: ImageBitmap,
  part: [number, number, number, number],
  width: number,
  height: number,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d")!;
  // JPEG has no transparency; what shows through would turn black.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, ...part, 0, 0, width, height);
  return canvas;
}
