"""Building blocks for interactive machine learning in Jupyter: `import marcelle_nb as mnb`.

Every name here is imported when it is first used, so that importing the package is quick and needs
no kernel.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from marcelle_nb._version import __version__

# type checkers take a name as public that is imported `as` itself, or assigned
if TYPE_CHECKING:
    from marcelle_nb import plots as plots
    from marcelle_nb.component import Component as Component
    from marcelle_nb.components.button import Button as Button
    from marcelle_nb.components.classification_report import (
        ClassificationReport as ClassificationReport,
    )
    from marcelle_nb.components.confidence_plot import ConfidencePlot as ConfidencePlot
    from marcelle_nb.components.confusion_matrix import ConfusionMatrix as ConfusionMatrix
    from marcelle_nb.components.dataset_browser import DatasetBrowser as DatasetBrowser
    from marcelle_nb.components.dataset_scatter import DatasetScatter as DatasetScatter
    from marcelle_nb.components.dataset_table import DatasetTable as DatasetTable
    from marcelle_nb.components.detection_boxes import DetectionBoxes as DetectionBoxes
    from marcelle_nb.components.file_upload import FileUpload as FileUpload
    from marcelle_nb.components.image_display import ImageDisplay as ImageDisplay
    from marcelle_nb.components.image_upload import ImageUpload as ImageUpload
    from marcelle_nb.components.model_parameters import ModelParameters as ModelParameters
    from marcelle_nb.components.prediction_progress import PredictionProgress as PredictionProgress
    from marcelle_nb.components.recorder import Recorder as Recorder
    from marcelle_nb.components.training_history import TrainingHistory as TrainingHistory
    from marcelle_nb.components.training_plot import TrainingPlot as TrainingPlot
    from marcelle_nb.components.training_progress import TrainingProgress as TrainingProgress
    from marcelle_nb.components.webcam import Webcam as Webcam
    from marcelle_nb.data.data_store import DataStore as DataStore
    from marcelle_nb.data.dataset import Dataset as Dataset
    from marcelle_nb.data.image_folder import ImageFolder as ImageFolder
    from marcelle_nb.data.import_report import ImportReport as ImportReport
    from marcelle_nb.data.lazy_iterable import LazyIterable as LazyIterable
    from marcelle_nb.data.service import Service as Service
    from marcelle_nb.data.service_iterable import ServiceIterable as ServiceIterable
    from marcelle_nb.errors import AlreadyTraining as AlreadyTraining
    from marcelle_nb.errors import BadRequest as BadRequest
    from marcelle_nb.errors import Conflict as Conflict
    from marcelle_nb.errors import DatasetFormatError as DatasetFormatError
    from marcelle_nb.errors import DownloadRefused as DownloadRefused
    from marcelle_nb.errors import Forbidden as Forbidden
    from marcelle_nb.errors import GeneralError as GeneralError
    from marcelle_nb.errors import ImageRejected as ImageRejected
    from marcelle_nb.errors import InstanceNotFound as InstanceNotFound
    from marcelle_nb.errors import InstanceRejected as InstanceRejected
    from marcelle_nb.errors import MethodNotAllowed as MethodNotAllowed
    from marcelle_nb.errors import ModelFormatError as ModelFormatError
    from marcelle_nb.errors import NotAuthenticated as NotAuthenticated
    from marcelle_nb.errors import NotFound as NotFound
    from marcelle_nb.errors import StoreError as StoreError
    from marcelle_nb.errors import TrainingError as TrainingError
    from marcelle_nb.errors import Unavailable as Unavailable
    from marcelle_nb.errors import Unprocessable as Unprocessable
    from marcelle_nb.errors import UnsafeModel as UnsafeModel
    from marcelle_nb.errors import UnsupportedByModel as UnsupportedByModel
    from marcelle_nb.formats.convert import convert as convert
    from marcelle_nb.formats.load import load as load
    from marcelle_nb.formats.loaded_model import LoadedModel as LoadedModel
    from marcelle_nb.models.batch_prediction import BatchPrediction as BatchPrediction
    from marcelle_nb.models.classifier_results import ClassifierResults as ClassifierResults
    from marcelle_nb.models.clustering_results import ClusteringResults as ClusteringResults
    from marcelle_nb.models.coco_ssd import CocoSSD as CocoSSD
    from marcelle_nb.models.detection import Detection as Detection
    from marcelle_nb.models.image_features import ImageFeatures as ImageFeatures
    from marcelle_nb.models.keras_model import KerasModel as KerasModel
    from marcelle_nb.models.kmeans import KMeans as KMeans
    from marcelle_nb.models.knn import KNN as KNN
    from marcelle_nb.models.mlp import MLP as MLP
    from marcelle_nb.models.mlp_regressor import MLPRegressor as MLPRegressor
    from marcelle_nb.models.mobilenet import MobileNet as MobileNet
    from marcelle_nb.models.model import Model as Model
    from marcelle_nb.models.object_detector_results import (
        ObjectDetectorResults as ObjectDetectorResults,
    )
    from marcelle_nb.models.pca import PCA as PCA
    from marcelle_nb.models.practice_weights import practice_weights as practice_weights
    from marcelle_nb.models.prediction_status import PredictionStatus as PredictionStatus
    from marcelle_nb.models.pretrained import has_weights as has_weights
    from marcelle_nb.models.publication import Publication as Publication
    from marcelle_nb.models.summary_table import SummaryTable as SummaryTable
    from marcelle_nb.models.tf_generic_model import TFGenericModel as TFGenericModel
    from marcelle_nb.models.training_status import TrainingStatus as TrainingStatus
    from marcelle_nb.models.umap import UMAP as UMAP
    from marcelle_nb.parameter import Parameter as Parameter
    from marcelle_nb.received_file import ReceivedFile as ReceivedFile
    from marcelle_nb.run import Run as Run
    from marcelle_nb.stream import Stream as Stream

    batch_prediction = BatchPrediction
    button = Button
    classification_report = ClassificationReport
    confidence_plot = ConfidencePlot
    confusion_matrix = ConfusionMatrix
    dataset_browser = DatasetBrowser
    dataset_scatter = DatasetScatter
    dataset_table = DatasetTable
    detection_boxes = DetectionBoxes
    file_upload = FileUpload
    image_display = ImageDisplay
    image_upload = ImageUpload
    model_parameters = ModelParameters
    prediction_progress = PredictionProgress
    recorder = Recorder
    training_history = TrainingHistory
    training_plot = TrainingPlot
    training_progress = TrainingProgress
    webcam = Webcam
    coco_ssd = CocoSSD
    data_store = DataStore
    dataset = Dataset
    image_features = ImageFeatures
    keras_model = KerasModel
    kmeans = KMeans
    knn = KNN
    mlp = MLP
    mlp_regressor = MLPRegressor
    mobilenet = MobileNet
    pca = PCA
    summary_table = SummaryTable
    tf_generic_model = TFGenericModel
    umap = UMAP

# Failures show in the alert line of a component; `logging.basicConfig()` shows their tracebacks
# too.
logging.getLogger("marcelle_nb").addHandler(logging.NullHandler())

_MODULES = {
    "component": ["Component"],
    "components.button": ["Button"],
    "components.classification_report": ["ClassificationReport"],
    "components.confidence_plot": ["ConfidencePlot"],
    "components.confusion_matrix": ["ConfusionMatrix"],
    "components.dataset_browser": ["DatasetBrowser"],
    "components.dataset_scatter": ["DatasetScatter"],
    "components.dataset_table": ["DatasetTable"],
    "components.detection_boxes": ["DetectionBoxes"],
    "components.file_upload": ["FileUpload"],
    "components.image_display": ["ImageDisplay"],
    "components.image_upload": ["ImageUpload"],
    "components.model_parameters": ["ModelParameters"],
    "components.prediction_progress": ["PredictionProgress"],
    "components.recorder": ["Recorder"],
    "components.training_history": ["TrainingHistory"],
    "components.training_plot": ["TrainingPlot"],
    "components.training_progress": ["TrainingProgress"],
    "components.webcam": ["Webcam"],
    "data.data_store": ["DataStore"],
    "data.dataset": ["Dataset"],
    "data.image_folder": ["ImageFolder"],
    "data.import_report": ["ImportReport"],
    "data.lazy_iterable": ["LazyIterable"],
    "data.service": ["Service"],
    "data.service_iterable": ["ServiceIterable"],
    "errors": [
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
    ],
    "formats.convert": ["convert"],
    "formats.load": ["load"],
    "formats.loaded_model": ["LoadedModel"],
    "models.batch_prediction": ["BatchPrediction"],
    "models.classifier_results": ["ClassifierResults"],
    "models.clustering_results": ["ClusteringResults"],
    "models.coco_ssd": ["CocoSSD"],
    "models.detection": ["Detection"],
    "models.image_features": ["ImageFeatures"],
    "models.keras_model": ["KerasModel"],
    "models.kmeans": ["KMeans"],
    "models.knn": ["KNN"],
    "models.mlp": ["MLP"],
    "models.mlp_regressor": ["MLPRegressor"],
    "models.mobilenet": ["MobileNet"],
    "models.model": ["Model"],
    "models.practice_weights": ["practice_weights"],
    "models.prediction_status": ["PredictionStatus"],
    "models.pretrained": ["has_weights"],
    "models.object_detector_results": ["ObjectDetectorResults"],
    "models.pca": ["PCA"],
    "models.publication": ["Publication"],
    "models.summary_table": ["SummaryTable"],
    "models.tf_generic_model": ["TFGenericModel"],
    "models.training_status": ["TrainingStatus"],
    "models.umap": ["UMAP"],
    "parameter": ["Parameter"],
    "received_file": ["ReceivedFile"],
    "run": ["Run"],
    "stream": ["Stream"],
}

_SHORT_NAMES = {
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
"""The names of everyday use; each is the class itself."""

_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

_PACKAGES = ("plots",)
"""What is used by the name of a package, as `mnb.plots.dataset(data)`."""

__all__ = ["__version__", *_MODULE_OF, *_SHORT_NAMES, *_PACKAGES]  # noqa: PLE0604 - all are texts


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return import_module(f"marcelle_nb.{name}")
    class_name = _SHORT_NAMES.get(name, name)
    if class_name not in _MODULE_OF:
        raise AttributeError(f"module 'marcelle_nb' has no attribute {name!r}")
    value = getattr(import_module(f"marcelle_nb.{_MODULE_OF[class_name]}"), class_name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
