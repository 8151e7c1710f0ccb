from __future__ import annotations

from marcelle_nb.formats.keras_models.keras_names import LAYERS, PARTS

RUNS_CODE = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
ABSTRACT = {"InputSpec", "Layer", "Wrapper"}


def test_every_layer_of_keras_is_known_but_those_that_run_code():
    import keras

    classes = {name for name in dir(keras.layers) if isinstance(getattr(keras.layers, name), type)}
    assert classes - LAYERS == RUNS_CODE | ABSTRACT


def test_every_other_part_of_keras_is_known():
    import keras

    modules = ("initializers", "regularizers", "constraints", "optimizers", "losses", "metrics")
    for module in map(keras.__dict__.__getitem__, modules):
        classes = {
            name
            for name in dir(module)
            if name[0].isupper() and isinstance(getattr(module, name), type)
        }
        bases = {"Initializer", "Regularizer", "Constraint", "Optimizer", "Loss", "Metric"}
        assert classes - PARTS - bases <= {"OptimizerMap"}, module.__name__
