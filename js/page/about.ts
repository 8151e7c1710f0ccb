/** What `model.json` says of the model under `marcelle_nb`. */

import type { Mark } from "../src/lib/marks";

export interface ImageInput {
  readonly kind: "image";
  readonly height: number | null;
  readonly width: number | null;
  readonly range: readonly [number, number];
  readonly channels: 1 | 3;
  readonly crop: "center" | null;
  readonly is_flat: boolean;
  readonly channels_first: boolean;
  readonly batched: boolean;
  readonly dtype: string;
  /** As TensorFlow.js does it, so with corners aligned, or as the kernel: an average of all pixels. */
  readonly resize?: "bilinear" | "corners" | "average";
  /** Of an average: pixels are averaged in whole steps first, down to so many times the size; 1 by default. */
  readonly gap?: number;
  /** Of an average: a picture so many times higher and wider is read in every second row and column, and so on. */
  readonly sampled?: readonly [number, number];
  /** The shape that a camera's picture is cut to, width over height. */
  readonly aspect?: number;
}

export interface VectorInput {
  readonly kind: "vector";
  readonly size: number | null;
  /** The version of the image features that the numbers are; null where they are just numbers. */
  readonly features: string | null;
  /** The network beside the model that makes them of a picture. */
  readonly made_by?: { readonly file: string; readonly input: ImageInput };
}

export interface OtherInput {
  readonly kind: "other";
  readonly shape: readonly (number | null)[] | null;
}

export interface About {
  readonly version: string;
  readonly kind: "layers" | "graph" | "knn";
  readonly task: string;
  readonly labels: readonly string[];
  readonly answers: "softmax" | "sigmoid" | "logits" | "numbers" | "boxes";
  readonly input: ImageInput | VectorInput | OtherInput;
  readonly k?: number;
  /** No more classes than so many are shown. */
  readonly top?: number;
  /** Of a detector: the numbers of its classes' colours. */
  readonly colors?: readonly number[];
  readonly max_boxes?: number;
  readonly min_score?: number;
}

export interface Score {
  readonly label: string;
  readonly value: number;
}

export interface Answer {
  /** Of a classification, best first. */
  readonly scores: readonly Score[];
  /** Of a regression, or what else the model gives. */
  readonly numbers: readonly number[];
  /** Of a detector, the surest first. */
  readonly marks?: readonly Mark[];
}
