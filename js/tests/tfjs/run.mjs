// Runs models in real TensorFlow.js: a line of JSON in, a line of JSON out, until the input ends.
// tests/formats/tfjs_node.py is the other side and says what each request means.

import { createInterface } from "node:readline";

import { loadModel } from "./files.mjs";
import { fromJson, toJson } from "./tensors.mjs";
import tf, { useBackend } from "./tfjs.mjs";

const REQUESTS = { describe, run, time, fit, weights };

async function describe({ path }) {
  const model = await loadModel(path);
  const told = (tensors) => tensors.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
  return {
    inputs: told(model.inputs),
    outputs: told(model.outputs),
    input_names: model.inputNames ?? model.inputs.map(({ name }) => name),
    output_names: model.outputNames ?? model.outputs.map(({ name }) => name),
    layers: model.layers?.map((layer) => ({ name: layer.name, class_name: layer.getClassName() })),
  };
}

async function run({ path, inputs, outputs }) {
  const model = await loadModel(path);
  const { names, tensors } = await predict(model, given(model, inputs), outputs);
  return { outputs: await Promise.all(tensors.map((tensor, i) => toJson(tensor, names[i]))) };
}

async function time({ path, inputs, repeat }) {
  const began = performance.now();
  const model = await loadModel(path);
  const load = performance.now() - began;
  const tensors = given(model, inputs);
  const runs = [];
  for (let i = 0; i < repeat; i++) {
    const start = performance.now();
    const result = await predict(model, tensors);
    await Promise.all(result.tensors.map((tensor) => tensor.data()));
    runs.push(performance.now() - start);
    tf.dispose(result.tensors);
  }
  return { load_ms: load, run_ms: runs };
}

async function fit({ path, x, y, epochs, batch_size: batchSize }) {
  const model = await loadModel(path);
  const one = (tensors) => (tensors.length === 1 ? tensors[0] : tensors);
  const [xs, ys] = [one(x.map(fromJson)), one(y.map(fromJson))];
  const evaluate = async () => {
    const result = [model.evaluate(xs, ys, { batchSize })].flat();
    return Promise.all(result.map(async (scalar) => (await scalar.data())[0]));
  };
  const before = await evaluate();
  const { history } = await model.fit(xs, ys, { epochs, batchSize, shuffle: false, verbose: 0 });
  return { before, history, after: await evaluate() };
}

async function weights({ path }) {
  const model = await loadModel(path);
  const named = model.weights;
  const layers = Array.isArray(named);
  const entries = layers
    ? named.map((w) => [w.originalName, w.read()])
    : Object.entries(named).map(([name, [tensor]]) => [name, tensor]);
  return { weights: await Promise.all(entries.map(([name, tensor]) => toJson(tensor, name))) };
}

/** The inputs as tensors: by name, or in the model's order. */
function given(model, inputs) {
  if (Array.isArray(inputs)) return inputs.map(fromJson);
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, fromJson(value)]));
}

async function predict(model, inputs, outputs) {
  return model instanceof tf.GraphModel
    ? executeGraph(model, inputs, outputs)
    : predictLayers(model, inputs, outputs);
}

function predictLayers(model, inputs, outputs) {
  const tensors = Array.isArray(inputs) ? inputs : model.inputNames.map((name) => inputs[name]);
  const asked = outputs
    ? tf.model({ inputs: model.inputs, outputs: outputs.map((name) => model.getLayer(name).output) })
    : model;
  const batchSize = tensors[0].shape[0];
  const result = asked.predict(tensors.length === 1 ? tensors[0] : tensors, { batchSize });
  return { names: outputs ?? asked.outputNames, tensors: [result].flat() };
}

async function executeGraph(model, inputs, outputs) {
  const named = Array.isArray(inputs)
    ? Object.fromEntries(inputs.map((tensor, i) => [model.inputNodes[i], tensor]))
    : inputs;
  let result;
  try {
    result = model.execute(named, outputs);
  } catch (error) {
    if (!/executeAsync/.test(error.message)) throw error; // loops and boxes can only wait
    result = await model.executeAsync(named, outputs);
  }
  return { names: outputs ?? model.outputNodes, tensors: [result].flat() };
}

async function answer(line) {
  const { request, backend, ...rest } = JSON.parse(line);
  await useBackend(backend ?? "cpu");
  tf.engine().startScope();
  try {
    return { result: await REQUESTS[request](rest) };
  } catch (error) {
    return { error: `${error.message ?? error}`, stack: error.stack };
  } finally {
    tf.engine().endScope();
    tf.disposeVariables();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
