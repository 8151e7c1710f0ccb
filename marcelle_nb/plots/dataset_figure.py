"""A dataset on paper: how many instances there are of each label, and what they look like."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import decode, is_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_LABELS = 40
NO_LABEL = "(no label)"


def dataset_figure(data: Iterable[Mapping[str, Any]] | Any, examples: int = 8) -> Figure:
    """Draw the number of instances of each label, with examples beside.

    Parameters
    ----------
    data : Dataset or iterable of instances
        Read once; only the examples are kept.
    examples : int, default 8
        How many of each label, the first ones; 0 for the counts alone. An instance is shown by its
        thumbnail, an image by itself, a vector as a curve.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to `pyplot`; as the last line of a cell it shows itself, `savefig` writes it. With
        more than 40 labels, the most frequent 40 are drawn, and the title says so.

    Raises
    ------
    TypeError, ValueError
        If `data` holds no instances, or `examples` is no whole number >= 0.
    """
    from matplotlib.figure import Figure

    given: object = examples
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise ValueError(f"examples: expected a whole number >= 0, got {examples!r:.80}")
    name = getattr(data, "name", "")
    counts: dict[str, int] = {}
    shown: dict[str, list[Mapping[str, Any]]] = {}
    for instance in data.items() if hasattr(data, "items") else data:
        label = NO_LABEL if instance.get("y") is None else str(instance["y"])
        counts[label] = counts.get(label, 0) + 1
        if len(shown.setdefault(label, [])) < examples:
            shown[label].append(instance)
    drawn = sorted(counts, key=counts.__getitem__, reverse=True)[:MAX_LABELS]
    labels = [label for label in counts if label in set(drawn)]
    height = 0.6 + 0.7 * max(1, len(labels))
    figure = Figure(figsize=(2.5 + 0.7 * examples, height), layout="constrained")
    figure.suptitle(_title(name, counts, len(labels)), x=0.01, ha="left", fontsize=10)
    if labels:
        _draw(figure, labels, counts, shown, examples)
    return figure


def _title(name: str, counts: dict[str, int], drawn: int) -> str:
    total, n_labels = sum(counts.values()), len(counts)
    title = f"{name + ': ' if name else ''}{total:,} instance{'s' * (total != 1)}"
    title += f" of {n_labels:,} label{'s' * (n_labels != 1)}"
    return _plain(title) + (f" (the {drawn} most frequent)" if drawn < n_labels else "")


def _draw(
    figure: Figure,
    labels: Sequence[str],
    counts: dict[str, int],
    shown: dict[str, list[Mapping[str, Any]]],
    examples: int,
) -> None:
    grid = figure.add_gridspec(len(labels), examples + 1, width_ratios=[2.4, *[1.0] * examples])
    bars = figure.add_subplot(grid[:, 0])
    numbers = [counts[label] for label in labels]
    bars.barh(range(len(labels)), numbers, height=0.5, color="tab:blue")
    names = [_plain(label if len(label) <= 20 else label[:19] + "…") for label in labels]
    bars.set_yticks(
        range(len(labels)), [f"{n}  {c:,}" for n, c in zip(names, numbers, strict=True)]
    )
    bars.set_ylim(len(labels) - 0.5, -0.5)
    bars.set_xticks([])
    bars.tick_params(length=0)
    bars.spines[["top", "right", "bottom"]].set_visible(False)
    for row, label in enumerate(labels):
        for column, instance in enumerate(shown[label]):
            axes = figure.add_subplot(grid[row, column + 1])
            axes.set_xticks([])
            axes.set_yticks([])
            _draw_instance(axes, instance)


def _draw_instance(axes: Axes, instance: Mapping[str, Any]) -> None:
    picture = _picture(instance)
    if picture is not None:
        axes.imshow(picture)
        axes.axis("off")
        return
    values = np.ravel(np.asarray(instance.get("x", ()), dtype=float))
    if values.size == 1:
        axes.text(0.5, 0.5, f"{values[0]:.3g}", ha="center", va="center", fontsize=8)
    else:
        axes.plot(values, linewidth=0.7)


def _picture(instance: Mapping[str, Any]) -> np.ndarray[Any, Any] | None:
    url = instance.get("thumbnail")
    if isinstance(url, str):
        try:
            return decode(base64.b64decode(url.partition(",")[2]))
        except (ValueError, ImageRejected):  # a picture that browsers alone can draw
            pass
    x = instance.get("x")
    return x if is_image(x) else None


def _plain(text: str) -> str:
    """Keep text from being read as a formula, and from line breaks."""
    return " ".join(text.split()).replace("$", r"\$")
