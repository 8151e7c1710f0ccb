"""Shows a classifier's answers as they come."""

from __future__ import annotations

import html
import logging
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.shown_prediction import shown_prediction
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC_BARS = 20

logger = logging.getLogger("marcelle_nb")


class ConfidencePlot(Component):
    """A bar for the confidence of each label; the winner is named.

    Parameters
    ----------
    predictions : Stream of ClassifierResults, or of anything with a label or confidences
        Such as `camera.images.map(features.process).map(model.predict)`. A prediction is an object
        or a dictionary with `label`, `confidences`, or both, also a stored one of a batch, or the
        answer of a clustering; None clears the plot, and anything else does, too, with a word in
        the alert line. It is listened to until a page has shown the plot and gone, so that a cell
        that runs again leaves no prediction running unseen.

    Attributes
    ----------
    confidences : Stream of list of dict
        Held. Marcelle's `$confidenceStream`: `x` is a label, `y` its confidence, sorted by label.
        The bars keep the order of the model.

    Raises
    ------
    TypeError
        If it is given no stream.

    Examples
    --------
    >>> predictions = Stream()
    >>> plot = ConfidencePlot(predictions)
    >>> predictions.set({"label": "wave", "confidences": {"wave": 0.75, "clap": 0.25}})
    >>> plot.confidences.value
    [{'x': 'clap', 'y': 0.25}, {'x': 'wave', 'y': 0.75}]
    """

    view = "confidence_plot"

    def __init__(self, predictions: Stream[Any]) -> None:
        super().__init__()
        if not isinstance(predictions, Stream):
            raise TypeError(f"predictions: expected a stream, got {predictions!r:.80}")
        self.confidences: Stream[list[dict[str, Any]]] = self._stream([])
        self._prediction: Stream[dict[str, Any] | None] = self._stream(None)
        self._refusal = ""
        self._while_shown(predictions, self._show)

    def _show(self, given: Any) -> None:
        try:
            shown = shown_prediction(given)
        except TypeError as error:
            self._refuse(str(error))
            return
        if self._refusal:
            self._refusal = ""
            self._clear_alert(at_once=True)
        self._tell(shown)

    def _refuse(self, reason: str) -> None:
        """Say what came; the bars go, because they are of before."""
        if reason != self._refusal:  # a live pipeline brings it twenty times a second
            logger.warning("%s refused a prediction: %s", type(self).__name__, reason)
        self._refusal = reason
        self._tell(None)
        self._raise_alert(reason)

    def _tell(self, shown: dict[str, Any] | None) -> None:
        # pairs, because a page would put labels such as "10" and "2" into an order of its own
        pairs = [*shown["confidences"].items()] if shown else []
        self._prediction.set({**shown, "confidences": pairs} if shown else None)
        self.confidences.set([{"x": label, "y": number} for label, number in sorted(pairs)])

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {"prediction": self._prediction}

    def _summary(self) -> list[tuple[str, object]]:
        prediction = self._prediction.value
        if not prediction or prediction["label"] is None:
            return [("prediction", "none yet")]
        confidence = dict(prediction["confidences"]).get(prediction["label"])
        told = [] if confidence is None else [("confidence", f"{confidence:.0%}")]
        return [("prediction", prediction["label"]), *told]

    def _picture_html(self) -> str:
        prediction = self._prediction.value
        bars = prediction["confidences"][:STATIC_BARS] if prediction else []
        rows = "".join(
            f"<tr><td>{html.escape(label)}</td>"
            f"<td><progress max='1' value='{p:.3f}'></progress> {p:.0%}</td></tr>"
            for label, p in bars
        )
        return f"<table>{rows}</table>" if rows else ""
