"""Shows a classifier's answers as they come."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC_BARS = 20


class ConfidencePlot(Component):
    """A bar for the confidence of each label; the winner is named.

    Parameters
    ----------
    predictions : Stream of ClassifierResults
        Such as `camera.images.map(features.process).map(model.predict)`. It is listened to until a
        page has shown the plot and gone, so that a cell that runs again leaves no prediction
        running unseen.
    """

    view = "confidence_plot"

    def __init__(self, predictions: Stream[ClassifierResults]) -> None:
        super().__init__()
        if not isinstance(predictions, Stream):
            raise TypeError(f"predictions: expected a stream, got {predictions!r:.80}")
        self._prediction: Stream[dict[str, Any] | None] = self._stream(None)
        self._while_shown(predictions, self._show)

    def _show(self, results: ClassifierResults | None) -> None:
        if results is None:
            self._prediction.set(None)
            return
        if not isinstance(results, ClassifierResults):
            raise TypeError(f"predictions: expected ClassifierResults, got {results!r:.80}")
        # pairs, because a page would put labels such as "10" and "2" into an order of its own
        confidences = [
            (str(label), float(p) if math.isfinite(p) else 0.0)
            for label, p in results.confidences.items()
        ]
        label = None if results.label is None else str(results.label)
        self._prediction.set({"label": label, "confidences": confidences})

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {"prediction": self._prediction}

    def _summary(self) -> list[tuple[str, object]]:
        prediction = self._prediction.value
        if not prediction or prediction["label"] is None:
            return [("prediction", "none yet")]
        confidence = dict(prediction["confidences"]).get(prediction["label"], 0)
        return [("prediction", prediction["label"]), ("confidence", f"{confidence:.0%}")]

    def _picture_html(self) -> str:
        prediction = self._prediction.value
        bars = prediction["confidences"][:STATIC_BARS] if prediction else []
        rows = "".join(
            f"<tr><td>{html.escape(label)}</td>"
            f"<td><progress max='1' value='{p:.3f}'></progress> {p:.0%}</td></tr>"
            for label, p in bars
        )
        return f"<table>{rows}</table>" if rows else ""
