"""Figures for reports, made with matplotlib; they touch neither `pyplot` nor the notebook."""

from marcelle_nb.plots.dataset_figure import dataset_figure as dataset

__all__ = ["dataset"]
