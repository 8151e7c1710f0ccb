"""A matplotlib figure that shows itself in a notebook."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class ReportFigure(Figure):
    """A figure for a report: as the last line of a cell it is a picture, in any kernel.

    A figure of matplotlib's own is one only where `pyplot` was imported before; this one draws
    itself, and is not known to `pyplot`, so that it is shown once and never again. Where the
    notebook has set how figures are to be drawn, as `%matplotlib inline` does, that is done.

    Parameters
    ----------
    **options
        Those of `matplotlib.figure.Figure`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=self.dpi)
        return file.getvalue()
