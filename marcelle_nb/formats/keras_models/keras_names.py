"""The classes of Keras that a model file may name; none of them runs code or opens files.

Missing on purpose: `Lambda`, `TFSMLayer`, `TorchModuleWrapper`, `JaxLayer`, `FlaxLayer`.
"""

from __future__ import annotations

MODELS = frozenset(("Functional", "Model", "Sequential"))

_SIZED = """
AdaptiveAveragePooling AdaptiveMaxPooling AtrousConvolution AveragePooling AvgPool Conv ConvLSTM
Convolution Cropping DepthwiseConv GlobalAveragePooling GlobalAvgPool GlobalMaxPool
GlobalMaxPooling LocallyConnected MaxPool MaxPooling SeparableConv SeparableConvolution
SpatialDropout UpSampling ZeroPadding
"""

_LAYERS = """
Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention AugMix AutoContrast
Average BatchNormalization BatchNormalizationV1 BatchNormalizationV2 Bidirectional
CategoryEncoding CenterCrop Concatenate ContrastLimitedAdaptiveHistogramEqualization
ConvLSTM2DCell CuDNNGRU CuDNNLSTM CutMix Dense Discretization Dot Dropout ELU EinsumDense
Embedding Equalization Flatten GRU GRUCell GaussianDropout GaussianNoise GroupNormalization
GroupQueryAttention HashedCrossing Hashing Identity InputLayer IntegerLookup LSTM LSTMCell
LayerNormalization LeakyReLU Masking MaxNumBoundingBoxes Maximum MelSpectrogram Minimum MixUp
MultiHeadAttention Multiply Normalization PReLU Permute Pipeline RMSNormalization RNN RandAugment
RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop
RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight
RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation
RandomSharpness RandomShear RandomTranslation RandomWidth RandomZoom ReLU RepeatVector Rescaling
Reshape Resizing ReversibleEmbedding STFTSpectrogram SimpleRNN SimpleRNNCell SlicingOpLambda
Softmax Solarization SpectralNormalization StackedRNNCells StringLookup Subtract
SyncBatchNormalization TFOpLambda TextVectorization ThresholdedReLU TimeDistributed
UnitNormalization
"""

_PARTS = """
Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal
LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT
STFTInitializer TruncatedNormal VarianceScaling Zeros
L1 L1L2 L2 OrthogonalRegularizer
MaxNorm MinMaxNorm NonNeg UnitNorm
Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer Momentum
MultiOptimizer Muon Nadam RMSProp RMSprop SGD ScheduleFreeAdamW
CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay
PolynomialDecay
BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy
CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy CategoricalHinge Circle
CosineSimilarity Dice Hinge Huber KLDivergence LogCosh LossFunctionWrapper MeanAbsoluteError
MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
SparseCategoricalCrossentropy SquaredHinge Tversky
AUC Accuracy BinaryAccuracy BinaryIoU CategoricalAccuracy ConcordanceCorrelation F1Score
FBetaScore FalseNegatives FalsePositives IoU LogCoshError Mean MeanIoU MeanMetricWrapper
OneHotIoU OneHotMeanIoU PearsonCorrelation Precision PrecisionAtRecall R2Score Recall
RecallAtPrecision RootMeanSquaredError SensitivityAtSpecificity SparseCategoricalAccuracy
SparseTopKCategoricalAccuracy SpecificityAtSensitivity Sum TopKCategoricalAccuracy
TrueNegatives TruePositives
AWQDTypePolicy DTypePolicy DTypePolicyMap FloatDTypePolicy GPTQDTypePolicy Int4DTypePolicy
Policy QuantizedDTypePolicy QuantizedFloat8DTypePolicy
AWQConfig AbsMaxQuantizer Float8QuantizationConfig GPTQConfig Int4QuantizationConfig
Int8QuantizationConfig QuantizationConfig
"""

LAYERS = (
    MODELS
    | frozenset(_LAYERS.split())
    | {f"{stem}{n}D" for n in (1, 2, 3) for stem in _SIZED.split()}
    | {f"{stem}{n}DTranspose" for n in (1, 2, 3) for stem in ("Conv", "Convolution")}
)

PARTS = frozenset(_PARTS.split())
"""Initialisers, regularisers, constraints, optimizers, schedules, losses, metrics, policies."""

VALUES = frozenset(
    ("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__")
)
"""Values that JSON has no form for."""
