// Model folders on disk, read through the code that reads them from a web server.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import tf from "./tfjs.mjs";

/** Load a layers or graph model from the path of its model.json. */
export async function loadModel(path) {
  const { format, modelTopology, marcelle } = JSON.parse(await readFile(path, "utf8"));
  const kind = format ?? marcelle?.tfjsModelFormat ?? ("node" in modelTopology ? "graph-model" : "layers-model");
  const fetchFunc = async (url) => {
    const name = decodeURIComponent(new URL(url).pathname.slice(1));
    return new Response(await readFile(join(dirname(path), name)));
  };
  const handler = tf.io.http(`http://folder/${basename(path)}`, { fetchFunc });
  return kind === "graph-model" ? tf.loadGraphModel(handler) : tf.loadLayersModel(handler);
}

/** Save a layers model into a folder as TensorFlow.js downloads it. */
export async function saveModel(model, folder, { optimizer = false } = {}) {
  await mkdir(folder, { recursive: true });
  const save = async ({ weightData, weightSpecs, ...artifacts }) => {
    const { modelTopology, format, generatedBy, convertedBy, trainingConfig } = artifacts;
    const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
    const document = { modelTopology, format, generatedBy, convertedBy, weightsManifest };
    if (trainingConfig) document.trainingConfig = trainingConfig;
    const data = Array.isArray(weightData) ? Buffer.concat(weightData.map((d) => Buffer.from(d))) : Buffer.from(weightData);
    await writeFile(join(folder, "weights.bin"), data);
    await writeFile(join(folder, "model.json"), JSON.stringify(document));
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  };
  await model.save(tf.io.withSaveHandler(save), { includeOptimizer: optimizer });
}

/** Whether this module was started as a program. */
export function isMain(url) {
  return process.argv[1] === fileURLToPath(url);
}
