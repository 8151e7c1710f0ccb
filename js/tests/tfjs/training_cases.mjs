// Compiled models, trained for a while before they are saved: {name: () => model}.

import tf from "./tfjs.mjs";

const L = tf.layers;

function classifier() {
  return tf.sequential({
    layers: [
      L.dense({ units: 6, activation: "relu", inputShape: [4], kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }) }),
      L.dense({ units: 3, activation: "softmax" }),
    ],
  });
}

const OPTIMIZERS = {
  sgd: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.05, 0.8),
  nesterov: () => tf.train.momentum(0.05, 0.8, true),
  adam: () => tf.train.adam(0.01, 0.85, 0.99, 1e-7),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0, 1e-7),
  rmsprop_momentum: () => tf.train.rmsprop(0.01, 0.8, 0.5, 1e-7),
  rmsprop_centered: () => tf.train.rmsprop(0.01, 0.9, 0.1, 1e-7, true),
  adagrad: () => tf.train.adagrad(0.1, 0.1),
  adadelta: () => tf.train.adadelta(0.5, 0.95, 1e-7),
};

const CLASSES = ["categoricalCrossentropy", "meanSquaredError", "meanAbsoluteError", "kullbackLeiblerDivergence"];
const OTHER = ["poisson", "cosineProximity", "meanSquaredLogarithmicError", "binaryCrossentropy", "logcosh"];

const cases = {};
for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
  cases[`train_${name}`] = () => compiled({ optimizer: optimizer(), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
}
for (const loss of [...CLASSES, ...OTHER]) {
  cases[`train_${loss}`] = () => compiled({ optimizer: tf.train.adam(0.01), loss, metrics: ["mse", "mae"] });
}

function compiled(options) {
  const model = classifier();
  model.compile(options);
  return model;
}

export default cases;
