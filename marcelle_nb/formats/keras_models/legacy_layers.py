"""Layers of TensorFlow.js and earlier Keras that Keras 3 lacks, or computes differently.

Importing this module registers them with Keras, under the package `marcelle_nb`, so that models
that hold them can be saved and loaded again.
"""

from __future__ import annotations

from marcelle_nb.formats.keras_models.legacy.bidirectional import Bidirectional
from marcelle_nb.formats.keras_models.legacy.concatenate import Concatenate
from marcelle_nb.formats.keras_models.legacy.conv_lstm_2d_cell import ConvLSTM2DCell
from marcelle_nb.formats.keras_models.legacy.dot import Dot
from marcelle_nb.formats.keras_models.legacy.global_average_pooling_1d import GlobalAveragePooling1D
from marcelle_nb.formats.keras_models.legacy.mask_of import MaskOf
from marcelle_nb.formats.keras_models.legacy.random_width import RandomWidth
from marcelle_nb.formats.keras_models.legacy.stacked_rnn_cells import StackedRNNCells
from marcelle_nb.formats.keras_models.legacy.thresholded_relu import ThresholdedReLU
from marcelle_nb.formats.keras_models.legacy.time_distributed import TimeDistributed
from marcelle_nb.formats.keras_models.legacy.up_sampling_2d import UpSampling2D
from marcelle_nb.formats.keras_models.legacy_activations import gelu_new, hard_sigmoid
from marcelle_nb.formats.keras_models.legacy_losses import binary_crossentropy
from marcelle_nb.formats.keras_models.legacy_optimizers import Adadelta, Adam

__all__ = [
    "Adadelta",
    "Adam",
    "Bidirectional",
    "Concatenate",
    "ConvLSTM2DCell",
    "Dot",
    "GlobalAveragePooling1D",
    "MaskOf",
    "RandomWidth",
    "StackedRNNCells",
    "ThresholdedReLU",
    "TimeDistributed",
    "UpSampling2D",
    "binary_crossentropy",
    "gelu_new",
    "hard_sigmoid",
]
