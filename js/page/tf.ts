/**
 * TensorFlow.js as `tfjs.js` brings it, a script of its own that other pages can use, too: of it, what this page calls.
 * (Its own types bring those of a graphics library that change the meaning of the browser's.)
 */

export interface Tensor {
  readonly shape: number[];
  readonly size: number;
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

type Outputs = Tensor | Tensor[];

export interface GraphModel {
  /** Throws where a node gives as much as it finds, or goes on as it finds. */
  execute(x: Tensor): Outputs;
  executeAsync(x: Tensor): Promise<Outputs>;
}

interface LoadOptions {
  readonly fetchFunc: typeof fetch;
}

interface TensorFlow {
  ready(): Promise<void>;
  setBackend(name: string): Promise<boolean>;
  tidy<T extends Tensor>(work: () => T): T;
  tensor(values: Float32Array, shape: number[]): Tensor;
  cast(x: Tensor, dtype: string): Tensor;
  add(a: Tensor, b: number): Tensor;
  mul(a: Tensor, b: number | number[]): Tensor;
  sum(x: Tensor, axis: number, keepDims: boolean): Tensor;
  round(x: Tensor): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  expandDims(x: Tensor, axis: number): Tensor;
  transpose(x: Tensor, axes: number[]): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  readonly browser: { fromPixels(picture: ImageData): Tensor };
  readonly image: { resizeBilinear(x: Tensor, size: [number, number], alignCorners?: boolean): Tensor };
  loadLayersModel(address: string, options: LoadOptions): Promise<{ predict(x: Tensor): Outputs }>;
  loadGraphModel(address: string, options: LoadOptions): Promise<GraphModel>;
}

declare global {
  var tf: TensorFlow;
}

export const library = (): TensorFlow => globalThis.tf;
