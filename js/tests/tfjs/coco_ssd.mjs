// The package @tensorflow-models/coco-ssd on a graph model from disk:
//   node coco_ssd.mjs FOLDER < [[height, width, [red, green, blue, …], maxNumBoxes, minScore], …]
// It prints a list of what `detect` gives for each; null where it fails, as it does at a class that has no name.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

import { graphHandler } from "./graph_handler.mjs";

console.log = console.info = console.warn = console.error;

// the TensorFlow.js that the package itself finds
const near = createRequire(createRequire(import.meta.url).resolve("@tensorflow-models/coco-ssd"));
const tf = near("@tensorflow/tfjs-core");
near("@tensorflow/tfjs-backend-cpu");
const cocoSsd = near("@tensorflow-models/coco-ssd");

const [folder] = process.argv.slice(2);

await tf.setBackend("cpu");
const model = await cocoSsd.load({ modelUrl: graphHandler(folder) });
const results = [];
for (const [height, width, pixels, most, least] of JSON.parse(await text(process.stdin))) {
  const image = tf.tensor3d(pixels, [height, width, 3], "int32");
  results.push(await model.detect(image, most, least).catch(() => null));
}
process.stdout.write(JSON.stringify(results));
