import inspect
import subprocess
import sys
from typing import Any

import pytest

import marcelle_nb as mnb

SHORT = {
    "batch_prediction": "BatchPrediction",
    "button": "Button",
    "classification_report": "ClassificationReport",
    "coco_ssd": "CocoSSD",
    "confidence_plot": "ConfidencePlot",
    "confusion_matrix": "ConfusionMatrix",
    "data_store": "DataStore",
    "dataset": "Dataset",
    "dataset_browser": "DatasetBrowser",
    "dataset_scatter": "DatasetScatter",
    "dataset_table": "DatasetTable",
    "detection_boxes": "DetectionBoxes",
    "file_upload": "FileUpload",
    "image_display": "ImageDisplay",
    "image_features": "ImageFeatures",
    "image_upload": "ImageUpload",
    "keras_model": "KerasModel",
    "kmeans": "KMeans",
    "knn": "KNN",
    "mlp": "MLP",
    "mlp_regressor": "MLPRegressor",
    "mobilenet": "MobileNet",
    "model_parameters": "ModelParameters",
    "pca": "PCA",
    "prediction_progress": "PredictionProgress",
    "recorder": "Recorder",
    "summary_table": "SummaryTable",
    "tf_generic_model": "TFGenericModel",
    "training_history": "TrainingHistory",
    "training_plot": "TrainingPlot",
    "training_progress": "TrainingProgress",
    "umap": "UMAP",
    "webcam": "Webcam",
}
ERRORS = [
    "AlreadyTraining",
    "BadRequest",
    "Conflict",
    "DatasetFormatError",
    "DownloadRefused",
    "Forbidden",
    "GeneralError",
    "ImageRejected",
    "InstanceNotFound",
    "InstanceRejected",
    "MethodNotAllowed",
    "ModelFormatError",
    "NotAuthenticated",
    "NotFound",
    "StoreError",
    "TrainingError",
    "Unavailable",
    "Unprocessable",
    "UnsafeModel",
    "UnsupportedByModel",
]


@pytest.mark.parametrize("name", mnb.__all__)
def test_every_public_name_is_there(name):
    assert getattr(mnb, name) is not None


@pytest.mark.parametrize(("short", "long"), SHORT.items())
def test_a_short_name_is_the_class_itself(short, long):
    assert getattr(mnb, short) is getattr(mnb, long)


@pytest.mark.parametrize("name", SHORT)
def test_every_public_class_says_what_it_is(name):
    assert inspect.getdoc(getattr(mnb, name))


@pytest.mark.parametrize("name", ERRORS)
def test_the_errors_that_a_caller_may_catch_are_public(name):
    assert issubclass(getattr(mnb, name), Exception)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'marcelle_nb' has no attribute 'mpl'"):
        _ = mnb.mpl


def test_figures_are_at_hand_without_an_import_of_their_own():
    code = "import sys, marcelle_nb as m; print('matplotlib' in sys.modules, m.plots.dataset)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("False <function dataset_figure")


def test_a_star_brings_everything():
    names: dict[str, Any] = {}
    exec("from marcelle_nb import *", names)
    assert set(mnb.__all__) <= set(names)


def test_names_complete_in_a_notebook():
    assert set(SHORT) <= set(dir(mnb))


def test_type_checkers_see_the_names_that_there_are():
    source = inspect.getsource(mnb)
    for name in mnb.__all__:
        assert f" {name}" in source


def test_a_name_imports_only_what_it_needs():
    code = "import sys, marcelle_nb as m; m.Stream; print('numpy' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
