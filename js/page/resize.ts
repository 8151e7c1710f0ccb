/** Pictures as the kernel resizes them for its features: an average of all pixels, in whole numbers. */

/** Red, green and blue of each pixel, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

const CHANNELS = 3;
/** So many times the size that is wanted, a picture is averaged in whole steps first. */
const GAP = 2;

/** Drop the fourth channel of a canvas. */
export function withoutAlpha({ width, height, data }: ImageData): Pixels {
  const colours = new Uint8ClampedArray(width * height * CHANNELS);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    for (let channel = 0; channel < CHANNELS; channel++) colours[to++] = data[from + channel] ?? 0;
  }
  return { width, height, data: colours };
}

/** Every n-th pixel, from the first. */
export function sampled(pixels: Pixels, down: number, across: number): Pixels {
  if (down === 1 && across === 1) return pixels;
  const [height, width] = [Math.ceil(pixels.height / down), Math.ceil(pixels.width / across)];
  const data = new Uint8ClampedArray(width * height * CHANNELS);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * down * pixels.width + x * across) * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel++) data[to++] = pixels.data[from + channel] ?? 0;
    }
  }
  return { width, height, data };
}

/** Pillow's `resize` with `BILINEAR` and a `reducing_gap`. */
export function resized(pixels: Pixels, width: number, height: number, gap = GAP): Pixels {
  if (pixels.width === width && pixels.height === height) return pixels;
  const across = Math.max(1, Math.trunc(pixels.width / width / gap));
  const down = Math.max(1, Math.trunc(pixels.height / height / gap));
  const small = reduced(pixels, across, down);
  const rows = stretched(small, width, pixels.width / across);
  return turned(stretched(turned(rows), height, pixels.height / down));
}

function reduced(pixels: Pixels, across: number, down: number): Pixels {
  if (across === 1 && down === 1) return pixels;
  const [width, height] = [Math.ceil(pixels.width / across), Math.ceil(pixels.height / down)];
  const data = new Uint8ClampedArray(width * height * CHANNELS);
  for (let y = 0; y < height; y++) {
    const bottom = Math.min((y + 1) * down, pixels.height);
    for (let x = 0; x < width; x++) {
      const right = Math.min((x + 1) * across, pixels.width);
      for (let channel = 0; channel < CHANNELS; channel++) {
        let sum = 0;
        for (let row = y * down; row < bottom; row++) {
          for (let column = x * across; column < right; column++) {
            sum += pixels.data[(row * pixels.width + column) * CHANNELS + channel] ?? 0;
          }
        }
        const count = (bottom - y * down) * (right - x * across);
        data[(y * width + x) * CHANNELS + channel] = Math.floor(sum / count + 0.5);
      }
    }
  }
  return { width, height, data };
}

/** Resize the rows; `extent` is how much of them counts, which need not be whole. */
function stretched(pixels: Pixels, width: number, extent: number): Pixels {
  const scale = extent / width;
  const support = Math.max(scale, 1);
  const data = new Uint8ClampedArray(width * pixels.height * CHANNELS);
  for (let x = 0; x < width; x++) {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(pixels.width, Math.trunc(centre + support + 0.5));
    const shares: number[] = [];
    for (let from = first; from < last; from++) shares.push(Math.max(0, 1 - Math.abs((from - centre + 0.5) / support)));
    const total = shares.reduce((sum, share) => sum + share, 0);
    for (let y = 0; y < pixels.height; y++) {
      for (let channel = 0; channel < CHANNELS; channel++) {
        let sum = 0;
        shares.forEach((share, place) => {
          sum += share * (pixels.data[(y * pixels.width + first + place) * CHANNELS + channel] ?? 0);
        });
        data[(y * width + x) * CHANNELS + channel] = Math.floor(sum / total + 0.5);
      }
    }
  }
  return { width, height: pixels.height, data };
}

function turned({ width, height, data }: Pixels): Pixels {
  const result = new Uint8ClampedArray(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < CHANNELS; channel++) {
        result[(x * height + y) * CHANNELS + channel] = data[(y * width + x) * CHANNELS + channel] ?? 0;
      }
    }
  }
  return { width: height, height: width, data: result };
}
