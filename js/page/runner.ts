/** A published model in the page: loaded by TensorFlow.js, and asked. */
import type { About, Answer, ImageInput } from "./about";
import { answer } from "./answer";
import { boxes } from "./boxes";
import { describe, VERSION } from "./features";
import { type KnnFile, Neighbours } from "./neighbours";
import { type Pixels, resized, sampled, withoutAlpha } from "./resize";
import { type GraphModel, library, type Tensor } from "./tf";

/** What each channel adds to brightness. */
const LUMA = [0.299, 0.587, 0.114];

/** The first output of a network, and the second if there is one. */
type Predict = (input: Tensor) => Promise<[ArrayLike<number>, ArrayLike<number> | undefined]>;

export class Runner {
  private constructor(
    readonly about: About,
    private readonly predict: Predict | undefined,
    private readonly neighbours: Neighbours | undefined,
    private readonly makeFeatures: Predict | undefined,
  ) {}

  /** Load `model.json` and what it names; throws where it is no model that a page can run. */
  static async load(address: string): Promise<Runner> {
    const reply = await fetch(address, { cache: "no-cache" });
    if (!reply.ok) throw new Error(`${address}: the server answered ${reply.status}.`);
    const text = await reply.text();
    const file: { marcelle_nb?: About } & KnnFile = JSON.parse(text);
    const about = file.marcelle_nb;
    if (!about) throw new Error(`${address}: expected a model that was published by marcelle-nb.`);
    const madeBy = about.input.kind === "vector" ? about.input.made_by : undefined;
    const makeFeatures = madeBy && (await load({ ...about, kind: "graph", input: madeBy.input }, new URL(madeBy.file, address).href));
    if (about.kind === "knn") {
      const neighbours = new Neighbours(file);
      return new Runner({ ...about, labels: neighbours.labels }, undefined, neighbours, makeFeatures);
    }
    return new Runner(about, await load(about, address, text, makeFeatures !== undefined), undefined, makeFeatures);
  }

  /** Whether it can be shown pictures. */
  get takesPictures(): boolean {
    const { input } = this.about;
    return input.kind === "image" || (input.kind === "vector" && (input.features === VERSION || this.makeFeatures !== undefined));
  }

  /** The shape of a camera's picture that it wants: width over height, or undefined for all of it. */
  get aspect(): number | undefined {
    const input = this.#pictureInput;
    if (!input) return 1;
    if (input.aspect !== undefined) return input.aspect;
    return input.crop === "center" && input.width && input.height ? input.width / input.height : undefined;
  }

  async ofPicture(picture: ImageData): Promise<Answer> {
    const input = this.#pictureInput;
    if (!input) return this.ofNumbers(describe(withoutAlpha(picture)));
    const tensor = library().tidy(() => imageTensor(picture, input));
    if (!this.makeFeatures) return this.#answer(tensor, picture);
    const [features] = await run(this.makeFeatures, tensor);
    return this.ofNumbers(features);
  }

  /** How pictures become the input of the first network; undefined where they become handmade features. */
  get #pictureInput(): ImageInput | undefined {
    const { input } = this.about;
    return input.kind === "image" ? input : input.kind === "vector" ? input.made_by?.input : undefined;
  }

  async ofNumbers(numbers: ArrayLike<number>): Promise<Answer> {
    const { input } = this.about;
    const size = input.kind === "vector" ? input.size : null;
    if (size !== null && numbers.length !== size) throw new Error(`Expected ${size} numbers, got ${numbers.length}.`);
    if (this.neighbours) return answer(this.about, this.neighbours.vote(numbers, this.about.k ?? 3));
    return this.#answer(library().tensor(Float32Array.from(numbers), [1, numbers.length]));
  }

  async #answer(input: Tensor, picture?: ImageData): Promise<Answer> {
    if (!this.predict) throw new Error("There is no model.");
    const [numbers, others] = await run(this.predict, input);
    if (this.about.answers !== "boxes") return answer(this.about, numbers);
    if (!picture || !others) throw new Error("Expected a picture, and scores and boxes for it.");
    return { scores: [], numbers: [], marks: boxes(this.about, numbers, others, picture.width, picture.height) };
  }
}

async function run(predict: Predict, input: Tensor): ReturnType<Predict> {
  try {
    return await predict(input);
  } finally {
    input.dispose();
  }
}

/**
 * `text` is what was read at the address already: another model may have taken its place since. `keep` leaves what
 * computes as it is: it was chosen for a larger network.
 */
async function load(about: About, address: string, text?: string, keep = false): Promise<Predict> {
  const tf = library();
  const fetchFunc: typeof fetch = async (url, init) => (url === address && text !== undefined ? new Response(text) : fetch(url, init));
  // Small networks are done before a graphics card has begun.
  const isSmall = about.input.kind === "vector";
  if (keep) await tf.ready();
  else if (isSmall || !(await tf.setBackend("webgl").catch(() => false))) await tf.setBackend("cpu");
  await tf.ready();
  if (about.kind === "layers") {
    const model = await tf.loadLayersModel(address, { fetchFunc });
    return (input) => read(model.predict(input));
  }
  return ofGraph(await tf.loadGraphModel(address, { fetchFunc }));
}

/** Ask a graph in the way that it needs: in the other one TensorFlow.js warns of most, again and again, or refuses. */
function ofGraph(model: GraphModel): Predict {
  let isDynamic = false;
  return async (input) => {
    let outputs: Tensor | Tensor[] | undefined;
    try {
      if (!isDynamic) outputs = model.execute(input);
    } catch {
      // Told below where the input is at fault: then this fails, too.
    }
    if (!outputs) {
      outputs = await model.executeAsync(input);
      isDynamic = true;
    }
    return read(outputs);
  };
}

async function read(outputs: Tensor | Tensor[]): ReturnType<Predict> {
  const all = Array.isArray(outputs) ? outputs : [outputs];
  const [first, second] = await Promise.all(all.slice(0, 2).map((output) => output.data()));
  for (const output of all) output.dispose();
  return [first ?? [], second];
}

/** Crop, resize, scale, and put into the model's layout, in this order: as the kernel does. */
export function imageTensor(picture: ImageData, input: ImageInput): Tensor {
  const tf = library();
  const [height, width] = [input.height ?? picture.height, input.width ?? picture.width];
  const isAveraged = input.resize === "average" && input.crop !== "center";
  let pixels: Tensor = isAveraged
    ? tf.tensor(Float32Array.from(averaged(picture, input, width, height).data), [height, width, 3])
    : tf.cast(tf.browser.fromPixels(picture), "float32");
  if (input.crop === "center") pixels = middle(pixels, width / height);
  if (pixels.shape[0] !== height || pixels.shape[1] !== width) {
    pixels = tf.image.resizeBilinear(pixels, [height, width], input.resize === "corners");
  }
  if (input.channels === 1) pixels = tf.sum(tf.mul(pixels, LUMA), 2, true);
  const [low, high] = input.range;
  if (low !== 0 || high !== 255) pixels = tf.add(tf.mul(pixels, (high - low) / 255), low);
  if (input.channels_first) pixels = tf.transpose(pixels, [2, 0, 1]);
  if (/int/.test(input.dtype)) pixels = tf.cast(tf.round(pixels), "int32");
  if (input.is_flat) return tf.reshape(pixels, [1, pixels.size]);
  return input.batched ? tf.expandDims(pixels, 0) : pixels;
}

function averaged(picture: ImageData, input: ImageInput, width: number, height: number): Pixels {
  const [down, across] = input.sampled ?? [0, 0];
  const step = (given: number, enough: number): number => (enough > 0 ? Math.max(1, Math.trunc(given / enough)) : 1);
  const some = sampled(withoutAlpha(picture), step(picture.height, down * height), step(picture.width, across * width));
  return resized(some, width, height, input.gap || 1);
}

function middle(pixels: Tensor, aspect: number): Tensor {
  const [height = 1, width = 1] = pixels.shape;
  const partWidth = Math.max(1, Math.min(width, Math.round(height * aspect)));
  const partHeight = Math.max(1, Math.min(height, Math.round(width / aspect)));
  const [top, left] = [Math.trunc((height - partHeight) / 2), Math.trunc((width - partWidth) / 2)];
  return library().slice(pixels, [top, left, 0], [partHeight, partWidth, -1]);
}
