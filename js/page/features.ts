/**
 * The handmade image features of the kernel: `marcelle_nb/models/pyramid_histograms.py` tells what each step is for.
 * A test compares the numbers of both.
 */
import { type Pixels, resized, sampled } from "./resize";

export const VERSION = "handmade-2";

const SIDE = 64;
const SAMPLED_SIDE = 1024;
const GRAYS = 5;
const HUES = 8;
const CHROMA_RINGS = [0, 0.12, 0.35, 0.9];
const LIGHTNESS_RANGE = 1.5;
const COLOUR_GRIDS = [1, 3];
const DIRECTIONS = 8;
const EDGE_GRID = 3;
const EDGE_LENGTHS = [0.8, 0.4, 0.4];
const BRIGHTNESS = 0.3;
const GREY_WORLD = 0.5;
const NOISE = 0.02;
const FLOOR = 0.1;
const GAIN = 4;

type Plane = Float32Array;

export function describe(picture: Pixels): Float32Array {
  const step = (side: number): number => Math.max(1, Math.trunc(side / SAMPLED_SIDE));
  const small = resized(sampled(picture, step(picture.height), step(picture.width)), SIDE, SIDE);
  const opponent = opponentPlanes(small);
  const numbers = [...colourBlocks(opponent.planes), ...edgeBlocks(opponent.planes)];
  for (const share of softBins(2 * opponent.brightness, 3)) numbers.push(BRIGHTNESS * Math.sqrt(share));
  return Float32Array.from(numbers, (value) => GAIN * value);
}

function opponentPlanes({ data }: Pixels): { planes: Plane[]; brightness: number } {
  const planes = [0, 1, 2].map(() => new Float32Array(SIDE * SIDE));
  const [lightness, redGreen, yellowBlue] = planes as [Plane, Plane, Plane];
  const share = (place: number): number => Math.fround((data[place] ?? 0) / 255);
  for (let place = 0; place < lightness.length; place++) {
    const [red, green, blue] = [share(3 * place), share(3 * place + 1), share(3 * place + 2)];
    lightness[place] = (red + green + blue) / 3;
    redGreen[place] = (red - green) / Math.SQRT2;
    yellowBlue[place] = (red + green - 2 * blue) / Math.sqrt(6);
  }
  const means = planes.map(mean);
  const [brightness = 0] = means;
  const spread = Math.sqrt(mean(lightness.map((value) => (value - brightness) ** 2)));
  const moved = planes.map((plane, number) => {
    const light = (number === 0 ? 1 : GREY_WORLD) * (means[number] ?? 0);
    return plane.map((value) => (value - light) / (spread + NOISE));
  });
  return { planes: moved, brightness };
}

/** Near gray by lightness, others by hue and chroma, in the cells of each grid. */
function colourBlocks(planes: Plane[]): number[] {
  const [lightness, redGreen, yellowBlue] = planes as [Plane, Plane, Plane];
  const votes = Array.from({ length: GRAYS + (CHROMA_RINGS.length - 1) * HUES }, () => new Float32Array(SIDE * SIDE));
  const add = (bin: number, place: number, share: number): void => {
    const plane = votes[bin];
    if (plane) plane[place] = share;
  };
  lightness.forEach((light, place) => {
    const [across, down] = [redGreen[place] ?? 0, yellowBlue[place] ?? 0];
    const gray = ((Math.min(1, Math.max(-1, light / LIGHTNESS_RANGE)) + 1) * (GRAYS - 1)) / 2;
    const rings = softBins(ringOf(Math.hypot(across, down)), CHROMA_RINGS.length);
    const hues = directions(down, across, HUES);
    softBins(gray, GRAYS).forEach((share, bin) => add(bin, place, (rings[0] ?? 0) * share));
    rings.slice(1).forEach((ring, number) => {
      hues.forEach((hue, bin) => add(GRAYS + number * HUES + bin, place, ring * hue));
    });
  });
  return COLOUR_GRIDS.flatMap((cells) => {
    const roots = votes.map((plane) => pooled(plane, cells).map(Math.sqrt));
    const means = Array.from({ length: cells * cells }, (_, cell) => mean(roots.map((root) => root[cell] ?? 0)));
    return scaled(roots.flatMap((root) => root.map((value, cell) => value - (means[cell] ?? 0))), 1);
  });
}

/** The directions in which each plane grows, by the root of how much. */
function edgeBlocks(planes: Plane[]): number[] {
  return planes.flatMap((plane, number) => {
    const votes = Array.from({ length: DIRECTIONS }, () => new Float32Array(SIDE * SIDE));
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const down = slope(plane, x, y, SIDE);
        const right = slope(plane, y * SIDE, x, 1);
        const strength = Math.sqrt(Math.hypot(down, right));
        directions(down, right, DIRECTIONS).forEach((share, bin) => {
          const votesOf = votes[bin];
          if (votesOf) votesOf[y * SIDE + x] = strength * share;
        });
      }
    }
    const roots = votes.flatMap((votesOf) => pooled(votesOf, EDGE_GRID).map(Math.sqrt));
    const middle = mean(roots);
    return scaled(roots.map((root) => root - middle), EDGE_LENGTHS[number] ?? 0);
  });
}

/** The difference of the neighbours of a place on a line; at its ends, of the place and its neighbour. */
function slope(plane: Plane, start: number, place: number, stride: number): number {
  const [before, after] = [Math.max(0, place - 1), Math.min(SIDE - 1, place + 1)];
  const rise = (plane[start + after * stride] ?? 0) - (plane[start + before * stride] ?? 0);
  return Math.fround(rise / (after - before));
}

function ringOf(chroma: number): number {
  const last = CHROMA_RINGS.length - 1;
  const ring = CHROMA_RINGS.findIndex((_, number) => chroma < (CHROMA_RINGS[number + 1] ?? Infinity));
  if (ring >= last) return last;
  const [inner = 0, outer = 1] = [CHROMA_RINGS[ring], CHROMA_RINGS[ring + 1]];
  return ring + (chroma - inner) / (outer - inner);
}

/** The shares of the nearest of `n` directions of a circle. */
function directions(down: number, right: number, n: number): number[] {
  const turns = (Math.atan2(down, right) * n) / (2 * Math.PI);
  const bins = softBins(turns < 0 ? turns + n : turns, n + 1);
  bins[0] = (bins[0] ?? 0) + (bins[n] ?? 0);
  return bins.slice(0, n);
}

function softBins(position: number, n: number): number[] {
  return Array.from({ length: n }, (_, bin) => Math.max(1 - Math.abs(position - bin), 0));
}

/** Averages over `cells` × `cells` cells, which reach into their neighbours. */
function pooled(plane: Plane, cells: number): number[] {
  const shapes = windows(cells);
  const rows = shapes.map((shape) => {
    const row = new Float64Array(SIDE);
    shape.forEach((share, y) => {
      if (share > 0) for (let x = 0; x < SIDE; x++) row[x] = (row[x] ?? 0) + share * (plane[y * SIDE + x] ?? 0);
    });
    return row;
  });
  const sum = (row: Float64Array, shape: number[]): number => shape.reduce((all, share, x) => all + share * (row[x] ?? 0), 0);
  return rows.flatMap((row) => shapes.map((shape) => sum(row, shape)));
}

const made = new Map<number, number[][]>();

function windows(cells: number): number[][] {
  const known = made.get(cells);
  if (known) return known;
  const shapes = Array.from({ length: cells }, (_, cell) => {
    const centre = (cell + 0.5) / cells;
    const heights = Array.from({ length: SIDE }, (__, pixel) =>
      Math.max(1 - 0.75 * cells * Math.abs((pixel + 0.5) / SIDE - centre), 0),
    );
    const total = heights.reduce((all, height) => all + height, 0);
    return heights.map((height) => height / total);
  });
  made.set(cells, shapes);
  return shapes;
}

function scaled(block: number[], length: number): number[] {
  const factor = length / (Math.sqrt(block.reduce((sum, value) => sum + value * value, 0)) + FLOOR);
  return block.map((value) => value * factor);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let place = 0; place < values.length; place++) sum += values[place] ?? 0;
  return sum / values.length;
}
