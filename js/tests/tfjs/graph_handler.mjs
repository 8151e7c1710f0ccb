// A graph model on disk as an IO handler of any copy of TensorFlow.js gives it: without its own code for files.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Give the handler of the model in a folder. */
export const graphHandler = (folder) => ({
  async load() {
    const { weightsManifest, ...artifacts } = JSON.parse(await readFile(join(folder, "model.json"), "utf8"));
    const paths = weightsManifest.flatMap((group) => group.paths);
    const weights = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))));
    const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length);
    return { ...artifacts, weightSpecs: weightsManifest.flatMap((group) => group.weights), weightData };
  },
});
