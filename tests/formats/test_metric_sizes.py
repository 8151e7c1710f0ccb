"""Metrics of a training configuration that ask for gigabytes."""

from __future__ import annotations

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.safe_config import check_config


def compiled(*metrics):
    listed = [{"class_name": name, "config": config} for name, config in metrics]
    return {"compile_config": {"metrics": listed}}


@pytest.mark.parametrize(
    "metric",
    [
        ("MeanIoU", {"num_classes": 30_000}),
        ("MeanIoU", {"num_classes": 3e4}),
        ("OneHotMeanIoU", {"num_classes": 4_097}),
        ("Custom>IoU", {"num_classes": 10**6, "target_class_ids": [0]}),
        ("IoU", {"num_classes": 2, "target_class_ids": [0] * 10_001}),
        ("AUC", {"num_thresholds": 10**8}),
        ("AUC", {"num_thresholds": 1_000, "num_labels": 10**7}),
        ("AUC", {"num_labels": 10**7}),
        ("AUC", {"thresholds": [0.5] * 10_001}),
        ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 10_001}),
        ("Precision", {"thresholds": [0.5] * 10_001}),
        ("TruePositives", {"thresholds": {"config": {"value": [0.5] * 10_001}}}),
    ],
)
@pytest.mark.parametrize("trust", [True, False])
def test_metric_of_such_a_size_is_refused(metric, trust):
    with pytest.raises(ModelFormatError, match=r"metric \w+: expected at most"):
        check_config(compiled(metric), "m", trust=trust)


def test_metrics_are_counted_together():
    check_config(compiled(*[("MeanIoU", {"num_classes": 2_000})] * 4), "m")
    with pytest.raises(ModelFormatError, match=r"expected metrics of at most 67,108,864 bytes"):
        check_config(compiled(*[("MeanIoU", {"num_classes": 2_000})] * 5), "m")


@pytest.mark.parametrize(
    "metric",
    [
        ("MeanIoU", {"num_classes": 1_000}),
        ("AUC", {"num_thresholds": 200, "num_labels": 1_000}),
        ("AUC", {"num_thresholds": 10_000, "num_labels": None}),
        ("Precision", {"thresholds": 0.5}),
        ("SparseTopKCategoricalAccuracy", {"k": 10**6}),
    ],
)
def test_usual_metrics_pass(metric):
    check_config(compiled(metric), "m")
