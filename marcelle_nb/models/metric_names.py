"""What metrics are called: in a training here, and in the documents of Marcelle's versions."""

from __future__ import annotations

_PREFIX, _SUFFIX = "val_", "Val"


def own_metric(name: str) -> str:
    """Give our name, which is Keras', of a metric of any Marcelle.

    Examples
    --------
    >>> [own_metric(name) for name in ("acc", "accVal", "accuracyVal", "val_acc", "loss")]
    ['accuracy', 'val_accuracy', 'val_accuracy', 'val_accuracy', 'loss']
    """
    metric, is_validation = _parts(name)
    return _PREFIX * is_validation + ("accuracy" if metric == "acc" else metric)


def marcelle_metric(name: str) -> str:
    """Give the name in Marcelle 0.6 of a metric of a training here.

    Examples
    --------
    >>> [marcelle_metric(name) for name in ("accuracy", "val_accuracy", "val_loss", "rmse")]
    ['acc', 'accVal', 'lossVal', 'rmse']
    """
    metric, is_validation = _parts(name)
    return ("acc" if metric == "accuracy" else metric) + _SUFFIX * is_validation


def _parts(name: str) -> tuple[str, bool]:
    """Give the metric without what marks validation, and whether there was such a mark."""
    if name.startswith(_PREFIX) and len(name) > len(_PREFIX):
        return name[len(_PREFIX) :], True
    if name.endswith(_SUFFIX) and len(name) > len(_SUFFIX):
        return name[: -len(_SUFFIX)], True
    return name, False
