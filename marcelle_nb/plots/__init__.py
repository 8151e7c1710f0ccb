"""Figures for reports, made with matplotlib; they touch neither `pyplot` nor the notebook."""

from marcelle_nb.plots.confusion_figure import confusion_figure as confusion_matrix
from marcelle_nb.plots.dataset_figure import dataset_figure as dataset
from marcelle_nb.plots.detections_figure import detections_figure as detections
from marcelle_nb.plots.regression_figure import regression_figure as regression
from marcelle_nb.plots.training_figure import training_figure as training

__all__ = ["confusion_matrix", "dataset", "detections", "regression", "training"]
