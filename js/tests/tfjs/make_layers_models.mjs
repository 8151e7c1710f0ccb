// Saves models that use all of TensorFlow.js's layers, with inputs and the outputs that TensorFlow.js
// computes from the saved files: node make_layers_models.mjs FOLDER
//
// FOLDER/<family>/<name>/ gets model.json, weights.bin and io.json (`inputs`, `outputs` with name,
// shape, dtype and the bytes in base64; of compiled models also `train` and `next_fit`).

import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { loadModel, saveModel } from "./files.mjs";
import layerCases from "./layer_cases.mjs";
import { toJson } from "./tensors.mjs";
import tf from "./tfjs.mjs";
import trainingCases from "./training_cases.mjs";

const BATCH = 2;
const ROWS = 24;

/** Numbers about as a normal distribution gives them, always the same. */
function noise(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return { uniform, normal: () => 2 * (uniform() + uniform() + uniform() - 1.5) };
}

function filled(shape, next, dtype = "float32") {
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, next);
  return tf.tensor(values, shape, dtype);
}

/** Give every weight new numbers: a layer that starts at zero or one shows no mistake. */
function randomize(model, random) {
  for (const weight of model.weights) {
    const next = /variance/.test(weight.originalName) ? () => 0.5 + random.uniform() : () => 0.5 * random.normal();
    weight.write(filled(weight.shape, next));
  }
}

/** Inputs; whole numbers stay below 10, and every third is zero, which masks. */
function inputsOf(model, random) {
  return model.inputs.map(({ shape, dtype }) => {
    const full = shape.map((size, axis) => size ?? (axis ? 6 : BATCH));
    const whole = dtype === "int32" || model.layers.some((layer) => layer.getClassName() === "Embedding");
    if (whole) return filled(full, (_, i) => (i % 3 === 2 ? 0 : Math.floor(10 * random.uniform())), dtype);
    return filled(full, random.normal, dtype);
  });
}

const one = (list) => (list.length === 1 ? list[0] : list);
const listed = (tensors, names) => Promise.all(tensors.map((tensor, i) => toJson(tensor, names[i])));

async function makeLayers(folder, make, seed) {
  const random = noise(seed);
  const model = make();
  randomize(model, random);
  let inputs = inputsOf(model, random);
  if (/masking/.test(folder)) inputs = inputs.map((x) => tf.mul(x, tf.greater(tf.range(0, x.shape[1]).reshape([1, -1, 1]), 1)));
  await saveModel(model, folder);
  const loaded = await loadModel(join(folder, "model.json"));
  const outputs = [loaded.predict(one(inputs), { batchSize: BATCH })].flat();
  const told = { inputs: await listed(inputs, loaded.inputNames), outputs: await listed(outputs, loaded.outputNames) };
  await writeFile(join(folder, "io.json"), JSON.stringify(told));
}

async function makeTraining(folder, make, seed) {
  const random = noise(seed);
  const model = make();
  randomize(model, random);
  const x = filled([ROWS, 4], random.normal);
  const y = tf.oneHot(tf.tensor1d(Array.from({ length: ROWS }, () => Math.floor(3 * random.uniform())), "int32"), 3).toFloat();
  await model.fit(x, y, { epochs: 3, batchSize: ROWS, shuffle: false, verbose: 0 });
  await saveModel(model, folder, { optimizer: true });
  const loaded = await loadModel(join(folder, "model.json"));
  const outputs = await listed([loaded.predict(x)], loaded.outputNames);
  const evaluate = async () => Promise.all([loaded.evaluate(x, y, { batchSize: ROWS })].flat().map(async (s) => (await s.data())[0]));
  const told = { inputs: await listed([x], loaded.inputNames), outputs };
  told.train = { x: await toJson(x, "x"), y: await toJson(y, "y"), evaluate: await evaluate() };
  await loaded.fit(x, y, { epochs: 2, batchSize: ROWS, shuffle: false, verbose: 0 });
  told.next_fit = { epochs: 2, evaluate: await evaluate() };
  await writeFile(join(folder, "io.json"), JSON.stringify(told));
}

const [folder] = process.argv.slice(2);
let seed = 0;
for (const [family, cases] of [...Object.entries(layerCases), ["training", trainingCases]]) {
  for (const [name, make] of Object.entries(cases)) {
    seed += 1;
    try {
      await (family === "training" ? makeTraining : makeLayers)(join(folder, family, name), make, seed);
    } catch (error) {
      process.exitCode = 1;
      console.error(`${family}/${name}: ${error.stack}`);
    }
    tf.disposeVariables();
  }
}
