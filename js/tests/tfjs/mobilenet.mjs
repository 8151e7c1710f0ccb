// The package @tensorflow-models/mobilenet on a graph model from disk:
//   node mobilenet.mjs FOLDER VERSION [RANGE] < [height, width, [red, green, blue, …]]
// It prints {classes, embedding, logits}.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

import { graphHandler } from "./graph_handler.mjs";

console.log = console.info = console.warn = console.error;

// the TensorFlow.js that the package itself finds
const near = createRequire(createRequire(import.meta.url).resolve("@tensorflow-models/mobilenet"));
const tf = near("@tensorflow/tfjs");
const mobilenet = near("@tensorflow-models/mobilenet");

const [folder, version, range] = process.argv.slice(2);
const [height, width, pixels] = JSON.parse(await text(process.stdin));

await tf.setBackend("cpu");
const model = await mobilenet.load({ version: Number(version), alpha: 0.5, modelUrl: graphHandler(folder), ...(range && { inputRange: JSON.parse(range) }) });
const image = tf.tensor3d(pixels, [height, width, 3], "int32");
const result = {
  classes: await model.classify(image, 5),
  embedding: [...(await model.infer(image, true).data())],
  logits: [...(await model.infer(image).data())],
};
process.stdout.write(JSON.stringify(result));
