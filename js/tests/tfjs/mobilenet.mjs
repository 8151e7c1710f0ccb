// The package @tensorflow-models/mobilenet on a graph model from disk:
//   node mobilenet.mjs FOLDER VERSION < [height, width, [red, green, blue, …]]
// It prints {classes, embedding, logits}.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

console.log = console.info = console.warn = console.error;

// the TensorFlow.js that the package itself finds
const near = createRequire(createRequire(import.meta.url).resolve("@tensorflow-models/mobilenet"));
const tf = near("@tensorflow/tfjs");
const mobilenet = near("@tensorflow-models/mobilenet");

const [folder, version] = process.argv.slice(2);
const [height, width, pixels] = JSON.parse(await text(process.stdin));

const load = async () => {
  const { weightsManifest, ...artifacts } = JSON.parse(await readFile(join(folder, "model.json"), "utf8"));
  const paths = weightsManifest.flatMap((group) => group.paths);
  const weights = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))));
  const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length);
  return { ...artifacts, weightSpecs: weightsManifest.flatMap((group) => group.weights), weightData };
};

await tf.setBackend("cpu");
const model = await mobilenet.load({ version: Number(version), alpha: 0.5, modelUrl: { load } });
const image = tf.tensor3d(pixels, [height, width, 3], "int32");
const result = {
  classes: await model.classify(image, 5),
  embedding: [...(await model.infer(image, true).data())],
  logits: [...(await model.infer(image).data())],
};
process.stdout.write(JSON.stringify(result));
