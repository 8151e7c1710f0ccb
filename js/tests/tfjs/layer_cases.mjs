// Models that together use every layer, activation, initializer, constraint, regularizer, merge,
// wrapper and recurrent cell of TensorFlow.js, in families: {family: {name: () => model}}.

import tf from "./tfjs.mjs";

const L = tf.layers;

/** A model of some inputs' shapes (without the batch) and what is made of them. */
function functional(shapes, build, { batch, dtype } = {}) {
  const inputs = shapes.map((shape) =>
    batch ? tf.input({ batchShape: [batch, ...shape], dtype }) : tf.input({ shape, dtype }),
  );
  return tf.model({ inputs, outputs: build(...inputs) });
}

/** A model of one layer on one input. */
const one = (shape, layer, options) => () => functional([shape], (x) => layer().apply(x), options);

/** A case for each entry of a table. */
const each = (table, make) =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, make(value)]));

const ACTIVATIONS = [
  ...["elu", "hardSigmoid", "linear", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus"],
  ...["softsign", "tanh", "swish", "mish", "gelu", "logSoftmax"],
];

const activations = Object.fromEntries(
  ACTIVATIONS.map((activation) => [
    `activation_${activation}`,
    () =>
      functional([[4, 4, 3]], (x) => {
        const hidden = L.conv2d({ filters: 4, kernelSize: 2, activation }).apply(x);
        const activated = L.activation({ activation }).apply(hidden);
        return L.dense({ units: 3, activation }).apply(activated);
      }),
  ]),
);

const advanced = each(
  {
    elu: () => L.elu(),
    relu: () => L.reLU(),
    relu_to_2: () => L.reLU({ maxValue: 2 }),
    leaky_relu: () => L.leakyReLU(),
    leaky_relu_17: () => L.leakyReLU({ alpha: 0.17 }),
    prelu: () => L.prelu(),
    prelu_shared: () => L.prelu({ sharedAxes: [1, 2], alphaInitializer: "ones" }),
    softmax: () => L.softmax({ axis: -1 }),
    softmax_last: () => L.softmax({ axis: 3 }),
    softmax_axes: () => L.softmax({ axis: [1, 2] }),
    thresholded_relu: () => L.thresholdedReLU(),
    thresholded_relu_half: () => L.thresholdedReLU({ theta: 0.5 }),
  },
  (layer) => one([3, 4, 5], layer),
);

const INITIALIZERS = {
  zeros: "zeros",
  ones: "ones",
  constant: tf.initializers.constant({ value: 0.3 }),
  identity: tf.initializers.identity({ gain: 2 }),
  random_uniform: tf.initializers.randomUniform({ minval: -1, maxval: 1 }),
  random_normal: tf.initializers.randomNormal({ mean: 0.1, stddev: 0.2 }),
  truncated_normal: tf.initializers.truncatedNormal({ stddev: 0.1, seed: 3 }),
  variance_scaling: tf.initializers.varianceScaling({ scale: 2, mode: "fanOut", distribution: "uniform" }),
  variance_scaling_normal: tf.initializers.varianceScaling({ mode: "fanAvg", distribution: "normal" }),
  glorot_uniform: "glorotUniform",
  glorot_normal: "glorotNormal",
  he_normal: "heNormal",
  he_uniform: "heUniform",
  lecun_normal: "leCunNormal",
  lecun_uniform: "leCunUniform",
  orthogonal: tf.initializers.orthogonal({ gain: 1.5 }),
};

const initializers = each(INITIALIZERS, (kernelInitializer) =>
  one([4], () =>
    L.dense({
      units: 4,
      kernelInitializer,
      biasInitializer: [INITIALIZERS.identity, INITIALIZERS.orthogonal].includes(kernelInitializer) ? "ones" : kernelInitializer,
    }),
  ),
);

const constraints = each(
  {
    max_norm: tf.constraints.maxNorm({ maxValue: 1.5, axis: 0 }),
    min_max_norm: tf.constraints.minMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.8, axis: 0 }),
    non_neg: tf.constraints.nonNeg(),
    unit_norm: tf.constraints.unitNorm({ axis: 0 }),
  },
  (kernelConstraint) =>
    one([6], () => L.dense({ units: 4, kernelConstraint, biasConstraint: kernelConstraint })),
);

const regularizers = each(
  {
    l1: tf.regularizers.l1({ l1: 0.02 }),
    l2: tf.regularizers.l2({ l2: 0.03 }),
    l1_l2: tf.regularizers.l1l2({ l1: 0.02, l2: 0.01 }),
  },
  (kernelRegularizer) =>
    one([6], () => L.dense({ units: 4, kernelRegularizer, biasRegularizer: kernelRegularizer })),
);

const IMAGE = [8, 9, 3];
const image = (layer) => one(IMAGE, layer);
const cf = "channelsFirst";

const convolutions = {
  ...each(
    {
      conv2d: () => L.conv2d({ filters: 4, kernelSize: 3 }),
      conv2d_same_strides: () => L.conv2d({ filters: 4, kernelSize: [3, 2], strides: 2, padding: "same" }),
      conv2d_dilated: () => L.conv2d({ filters: 4, kernelSize: 2, dilationRate: [2, 3], useBias: false }),
      conv2d_channels_first: () => L.conv2d({ filters: 4, kernelSize: 3, dataFormat: cf, padding: "same" }),
      conv2d_transpose: () => L.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }),
      conv2d_transpose_valid: () => L.conv2dTranspose({ filters: 4, kernelSize: [4, 2], strides: [2, 3] }),
      conv2d_transpose_channels_first: () =>
        L.conv2dTranspose({ filters: 4, kernelSize: 3, dataFormat: cf, activation: "relu" }),
      separable_conv2d: () => L.separableConv2d({ filters: 5, kernelSize: 3, activation: "relu" }),
      separable_conv2d_same: () =>
        L.separableConv2d({ filters: 5, kernelSize: 3, strides: 2, padding: "same", useBias: false }),
      depthwise_conv2d: () => L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: "relu" }),
      depthwise_conv2d_same: () =>
        L.depthwiseConv2d({ kernelSize: [3, 3], strides: 2, padding: "same", useBias: false }),
      cropping2d: () => L.cropping2D({ cropping: [[1, 2], [0, 3]] }),
      cropping2d_channels_first: () => L.cropping2D({ cropping: [[1, 2], [0, 1]], dataFormat: cf }),
      up_sampling2d: () => L.upSampling2d({ size: [2, 3] }),
      up_sampling2d_bilinear: () => L.upSampling2d({ size: [2, 3], interpolation: "bilinear" }),
      up_sampling2d_channels_first: () => L.upSampling2d({ size: [2, 2], dataFormat: cf }),
      zero_padding2d: () => L.zeroPadding2d({ padding: [[1, 2], [0, 3]] }),
      zero_padding2d_channels_first: () => L.zeroPadding2d({ padding: 2, dataFormat: cf }),
    },
    image,
  ),
  ...each(
    {
      conv1d: () => L.conv1d({ filters: 4, kernelSize: 3, activation: "tanh" }),
      conv1d_same: () => L.conv1d({ filters: 4, kernelSize: 3, padding: "same", strides: 2 }),
      conv1d_dilated: () => L.conv1d({ filters: 4, kernelSize: 2, dilationRate: 3 }),
    },
    (layer) => one([10, 3], layer),
  ),
  ...each(
    {
      conv3d: () => L.conv3d({ filters: 3, kernelSize: 2, activation: "relu" }),
      conv3d_same: () => L.conv3d({ filters: 3, kernelSize: [2, 3, 2], strides: 2, padding: "same" }),
      conv3d_transpose: () => L.conv3dTranspose({ filters: 3, kernelSize: 2, strides: 2 }),
      conv3d_transpose_same: () => L.conv3dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }),
    },
    (layer) => one([4, 5, 4, 2], layer),
  ),
};

const pooling = {
  ...each(
    {
      max_pooling1d: () => L.maxPooling1d({}),
      average_pooling1d: () => L.averagePooling1d({ poolSize: 3, strides: 2, padding: "same" }),
      global_average_pooling1d: () => L.globalAveragePooling1d({}),
      global_max_pooling1d: () => L.globalMaxPooling1d({}),
    },
    (layer) => one([10, 3], layer),
  ),
  ...each(
    {
      max_pooling2d: () => L.maxPooling2d({ poolSize: [3, 2], strides: 2, padding: "same" }),
      max_pooling2d_channels_first: () => L.maxPooling2d({ poolSize: 2, dataFormat: cf }),
      average_pooling2d: () => L.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }),
      average_pooling2d_channels_first: () => L.averagePooling2d({ poolSize: 2, dataFormat: cf }),
      global_average_pooling2d: () => L.globalAveragePooling2d({}),
      global_average_pooling2d_channels_first: () => L.globalAveragePooling2d({ dataFormat: cf }),
      global_max_pooling2d: () => L.globalMaxPooling2d({}),
      global_max_pooling2d_channels_first: () => L.globalMaxPooling2d({ dataFormat: cf }),
    },
    image,
  ),
  ...each(
    {
      max_pooling3d: () => L.maxPooling3d({ poolSize: 2 }),
      max_pooling3d_same: () => L.maxPooling3d({ poolSize: [3, 2, 2], strides: 2, padding: "same" }),
      average_pooling3d: () => L.averagePooling3d({ poolSize: 2, padding: "same" }),
      average_pooling3d_channels_first: () => L.averagePooling3d({ poolSize: [2, 2, 1], dataFormat: cf }),
    },
    (layer) => one([4, 5, 4, 2], layer),
  ),
};

const core = {
  dense_2d: one([5], () => L.dense({ units: 3, useBias: false })),
  dense_3d: one([4, 5], () => L.dense({ units: 3, activation: "softmax" })),
  dense_4d: one([2, 4, 5], () => L.dense({ units: 3, activation: "relu" })),
  dropout: one([5], () => L.dropout({ rate: 0.4, seed: 1 })),
  spatial_dropout1d: one([4, 5], () => L.spatialDropout1d({ rate: 0.4 })),
  flatten: one([2, 3, 4], () => L.flatten()),
  flatten_channels_first: one([2, 3, 4], () => L.flatten({ dataFormat: cf })),
  permute: one([2, 3, 4], () => L.permute({ dims: [3, 1, 2] })),
  reshape: one([2, 3, 4], () => L.reshape({ targetShape: [4, 6] })),
  reshape_unknown: one([2, 3, 4], () => L.reshape({ targetShape: [-1, 3] })),
  repeat_vector: one([5], () => L.repeatVector({ n: 3 })),
  masking: one([4, 5], () => L.masking({ maskValue: 0.5 })),
  embedding: one([6], () => L.embedding({ inputDim: 10, outputDim: 4 }), { dtype: "int32" }),
  embedding_length: () =>
    tf.sequential({ layers: [L.embedding({ inputDim: 10, outputDim: 4, inputLength: 6 }), L.flatten()] }),
};

const pair = (a, b, layer) => () => functional([a, b], (x, y) => layer().apply([x, y]));

const merges = {
  ...each(
    {
      add: () => L.add(),
      average: () => L.average(),
      maximum: () => L.maximum(),
      minimum: () => L.minimum(),
      multiply: () => L.multiply(),
      concatenate: () => L.concatenate(),
      concatenate_axis1: () => L.concatenate({ axis: 1 }),
    },
    (layer) => () => functional([[3, 4], [3, 4], [3, 4]], (...xs) => layer().apply(xs)),
  ),
  add_broadcast: pair([3, 4], [1, 4], () => L.add()),
  multiply_ranks: pair([3, 4], [4], () => L.multiply()),
  dot_2d: pair([4], [4], () => L.dot({ axes: -1 })),
  dot_2d_normalized: pair([4], [4], () => L.dot({ axes: 1, normalize: true })),
  dot_3d: pair([3, 4], [5, 4], () => L.dot({ axes: 2 })),
  dot_3d_axes: pair([3, 4], [4, 3], () => L.dot({ axes: [1, 2] })),
  dot_3d_2d: pair([3, 4], [4], () => L.dot({ axes: [2, 1] })),
};

const normalization = {
  ...each(
    {
      batch_normalization: () => L.batchNormalization(),
      // of another axis than the last, the CPU backend takes the wrong weights
      batch_normalization_last: () => L.batchNormalization({ axis: 3, epsilon: 0.01, momentum: 0.9 }),
      batch_normalization_bare: () => L.batchNormalization({ center: false, scale: false }),
      layer_normalization: () => L.layerNormalization(),
      layer_normalization_axes: () => L.layerNormalization({ axis: [1, 2], epsilon: 0.01 }),
      layer_normalization_bare: () => L.layerNormalization({ center: false, scale: false }),
    },
    (layer) => one([3, 4, 5], layer),
  ),
  batch_normalization_2d: one([6], () => L.batchNormalization()),
  batch_normalization_3d: one([4, 6], () => L.batchNormalization({ scale: false })),
  layer_normalization_2d: one([6], () => L.layerNormalization()),
};

const LAYERS = { simple_rnn: L.simpleRNN, gru: L.gru, lstm: L.lstm };
const sequence = (layer, options) => one([5, 3], layer, options);

const recurrent = {};
for (const [name, make] of Object.entries(LAYERS)) {
  const variants = {
    "": {},
    _sequences: { returnSequences: true, activation: "relu" },
    _backwards: { goBackwards: true, returnSequences: true },
    _bare: { useBias: false },
    _state: { returnState: true, returnSequences: true },
  };
  for (const [suffix, options] of Object.entries(variants)) {
    recurrent[name + suffix] = sequence(() => make({ units: 4, ...options }));
  }
  if (name !== "simple_rnn") {
    recurrent[`${name}_sigmoid`] = sequence(() => make({ units: 4, recurrentActivation: "sigmoid" }));
  }
  recurrent[`${name}_stateful`] = sequence(() => make({ units: 4, stateful: true }), { batch: 2 });
}
Object.assign(recurrent, {
  lstm_initial_state: () =>
    functional([[5, 3], [4], [4]], (x, h, c) => L.lstm({ units: 4 }).apply([x, h, c])),
  gru_encoder_decoder: () =>
    functional([[5, 3], [4, 2]], (x, y) => {
      const [, state] = L.gru({ units: 4, returnState: true }).apply(x);
      return L.gru({ units: 4, returnSequences: true }).apply([y, state]);
    }),
  lstm_forget_bias: sequence(() => L.lstm({ units: 4, unitForgetBias: true, dropout: 0.2, recurrentDropout: 0.3 })),
  rnn_simple_cell: sequence(() => L.rnn({ cell: L.simpleRNNCell({ units: 4 }) })),
  rnn_gru_cell: sequence(() => L.rnn({ cell: L.gruCell({ units: 4 }), returnSequences: true })),
  rnn_lstm_cell: sequence(() => L.rnn({ cell: L.lstmCell({ units: 4 }) })),
  rnn_stacked: sequence(() => L.rnn({ cell: [L.lstmCell({ units: 4 }), L.gruCell({ units: 3 })] })),
  rnn_stacked_cells: sequence(() =>
    L.rnn({
      cell: L.stackedRNNCells({ cells: [L.simpleRNNCell({ units: 4 }), L.lstmCell({ units: 2 })] }),
      returnSequences: true,
    }),
  ),
  conv_lstm2d: one([3, 5, 5, 2], () => L.convLstm2d({ filters: 3, kernelSize: 2 })),
  conv_lstm2d_same: one([3, 5, 5, 2], () =>
    L.convLstm2d({ filters: 3, kernelSize: 3, padding: "same", strides: 2, returnSequences: true }),
  ),
});

const masks = {
  mask_embedding_lstm: one([6], () => L.embedding({ inputDim: 10, outputDim: 4, maskZero: true }), { dtype: "int32" }),
  mask_masking_lstm: () =>
    tf.sequential({
      layers: [L.masking({ inputShape: [5, 3], maskValue: 0 }), L.lstm({ units: 4, returnSequences: true }), L.gru({ units: 3 })],
    }),
  mask_embedding_rnn: () =>
    tf.sequential({
      layers: [L.embedding({ inputDim: 10, outputDim: 4, maskZero: true, inputShape: [6] }), L.simpleRNN({ units: 4 }), L.dense({ units: 2 })],
    }),
  mask_bidirectional: () =>
    tf.sequential({
      layers: [
        L.embedding({ inputDim: 10, outputDim: 4, maskZero: true, inputShape: [6] }),
        L.bidirectional({ layer: L.lstm({ units: 3 }) }),
      ],
    }),
};

const wrappers = {
  time_distributed_dense: one([4, 5], () => L.timeDistributed({ layer: L.dense({ units: 3 }) })),
  time_distributed_conv2d: one([3, 6, 6, 2], () =>
    L.timeDistributed({ layer: L.conv2d({ filters: 3, kernelSize: 2, activation: "relu" }) }),
  ),
  time_distributed_flatten: one([3, 4, 2], () => L.timeDistributed({ layer: L.flatten() })),
  time_distributed_model: one([3, 5], () =>
    L.timeDistributed({
      layer: tf.sequential({ layers: [L.dense({ units: 4, inputShape: [5] }), L.dense({ units: 2 })] }),
    }),
  ),
};
for (const [name, make] of Object.entries(LAYERS)) {
  for (const mergeMode of ["concat", "sum", "ave", "mul"]) {
    wrappers[`bidirectional_${name}_${mergeMode}`] = sequence(() =>
      L.bidirectional({ layer: make({ units: 4, returnSequences: mergeMode !== "sum" }), mergeMode }),
    );
  }
}
wrappers.bidirectional_apart = sequence(() =>
  L.bidirectional({ layer: L.gru({ units: 4, returnSequences: true }), mergeMode: null }),
);
wrappers.bidirectional_state = sequence(() => L.bidirectional({ layer: L.lstm({ units: 4, returnState: true }) }));

const noise = {
  gaussian_noise: one([5], () => L.gaussianNoise({ stddev: 0.2 })),
  gaussian_dropout: one([5], () => L.gaussianDropout({ rate: 0.3 })),
  alpha_dropout: one([5], () => L.alphaDropout({ rate: 0.3 })),
};

const preprocessing = {
  rescaling: one([4, 4, 3], () => L.rescaling({ scale: 1 / 127.5, offset: -1 })),
  // it overwrites its input's width by the number of tokens, so that only this width can be fed
  category_encoding_multi_hot: one([10], () => L.categoryEncoding({ numTokens: 10, outputMode: "multiHot" }), { dtype: "int32" }),
  category_encoding_count: one([10], () => L.categoryEncoding({ numTokens: 10, outputMode: "count" }), { dtype: "int32" }),
};

const block = (name) =>
  tf.sequential({
    name,
    layers: [L.dense({ units: 4, activation: "relu", inputShape: [5] }), L.batchNormalization(), L.dense({ units: 3 })],
  });

const structures = {
  sequential: () => block("plain"),
  nested_sequential: () => tf.sequential({ layers: [block("inner"), L.dense({ units: 2 })] }),
  nested_functional: () =>
    functional([[5]], (x) => {
      const inner = functional([[5]], (y) => L.add().apply([L.dense({ units: 3 }).apply(y), L.dense({ units: 3 }).apply(y)]));
      return L.dense({ units: 2 }).apply(inner.apply(x));
    }),
  nested_twice: () =>
    functional([[5], [5]], (x, y) => {
      const inner = block("siamese");
      return L.concatenate().apply([inner.apply(x), inner.apply(y)]);
    }),
  nested_deep: () =>
    functional([[5]], (x) => {
      const outer = tf.sequential({ name: "outer", layers: [block("deep"), L.dense({ units: 6 })] });
      return L.dense({ units: 2 }).apply(outer.apply(x));
    }),
  nested_inputs_outputs: () =>
    functional([[5], [4]], (x, y) => {
      const inner = functional([[5], [4]], (a, b) => {
        const sum = L.add().apply([L.dense({ units: 3 }).apply(a), L.dense({ units: 3 }).apply(b)]);
        return [sum, L.dense({ units: 2 }).apply(sum)];
      });
      const [first, second] = inner.apply([x, y]);
      return [second, L.dense({ units: 2 }).apply(first)];
    }),
  shared_layer: () =>
    functional([[5], [5]], (x, y) => {
      const shared = L.dense({ units: 4, activation: "tanh" });
      const deep = shared.apply(L.dense({ units: 5 }).apply(L.dense({ units: 5 }).apply(x)));
      return L.concatenate().apply([shared.apply(y), deep]);
    }),
  inputs_outputs: () =>
    functional([[5], [4]], (x, y) => {
      const both = L.concatenate().apply([x, y]);
      return [L.dense({ units: 3 }).apply(both), L.dense({ units: 2 }).apply(x), both];
    }),
  residual: () =>
    functional([[6, 6, 3]], (x) => {
      let y = L.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "relu" }).apply(x);
      y = L.add().apply([L.conv2d({ filters: 3, kernelSize: 3, padding: "same" }).apply(y), x]);
      return L.dense({ units: 2, activation: "softmax" }).apply(L.globalAveragePooling2d({}).apply(y));
    }),
  frozen: () =>
    tf.sequential({ layers: [L.dense({ units: 4, inputShape: [5], trainable: false }), L.dense({ units: 2 })] }),
};

export default {
  activations,
  advanced,
  initializers,
  constraints,
  regularizers,
  convolutions,
  pooling,
  core,
  merges,
  normalization,
  recurrent,
  masks,
  wrappers,
  noise,
  preprocessing,
  structures,
};
