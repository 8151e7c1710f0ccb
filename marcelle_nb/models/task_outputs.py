"""What a loaded model's outputs mean, by the task that it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.classifier_results import ClassifierResults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def classification(scores: NDArray[Any], labels: Sequence[str]) -> ClassifierResults:
    """Name the classes.

    Parameters
    ----------
    scores : shape (n_classes,), further sizes 1
        As the model gives them: no softmax is added.
    labels : sequence of str
        Empty: the numbers of the classes serve as their names. Of classes that share a name the
        best counts. Two for a single score: that is then the probability of the second.

    Raises
    ------
    ValueError
        If there are more or fewer classes than labels, scores of several inputs, or NaN.
    """
    if scores.size != max((1, *scores.shape)):
        raise ValueError(
            f"output: expected one score for each class, got shape {scores.shape}; "
            "task_type='generic' gives it as it is"
        )
    scores = scores.reshape(-1)
    if np.isnan(scores).any():
        raise ValueError("output: expected scores, got NaN: is there NaN in the input?")
    if len(labels) == 2 and scores.size == 1:
        scores = _both(scores)
    names = list(labels) or [str(number) for number in range(scores.size)]
    check_count(names, scores.size)
    confidences: dict[str, float] = {}
    for name, score in zip(names, scores.tolist(), strict=True):
        confidences[name] = max(score, confidences.get(name, score))
    return ClassifierResults(names[int(scores.argmax())], confidences)


def _both(scores: NDArray[Any]) -> NDArray[Any]:
    """Give the probability of the first of two classes too, where a model gives the second's."""
    if not 0 <= scores[0] <= 1:
        raise ValueError(
            f"output: expected a probability for two labels, got {scores[0]:g}; "
            "task_type='generic' gives it as it is"
        )
    return np.concatenate([1 - scores, scores])


def check_count(labels: Sequence[str], n_classes: int) -> None:
    """Refuse names for more or fewer classes than there are; one score serves for two."""
    if len(labels) != n_classes and (len(labels), n_classes) != (2, 1):
        raise ValueError(f"labels: expected {n_classes}, one for each class, got {len(labels)}")


def segmentation(scores: NDArray[Any], output: str, *, apply_argmax: bool) -> NDArray[Any]:
    """Make a map of the picture's parts.

    Parameters
    ----------
    scores : shape (height, width, n_classes), (height, width, 1) or (height, width)
        Of one picture, as the model gives them.
    output : {"image", "tensor"}
    apply_argmax : bool
        Whether to take the number of the class with the highest score at each place.

    Returns
    -------
    array
        A tensor: class numbers, int, shape (height, width), or else `scores` as they are. An image:
        uint8, shape (height, width, 3): the class numbers from 0 (black) to the last (white) in
        gray, `255 * id / max(2, n_classes - 1)`; without `apply_argmax`, what the numbers from 0 to
        1 (or whole ones to 255) show as gray or as RGB.

    Raises
    ------
    ValueError
        If the numbers are no classes, or no picture.
    """
    if not apply_argmax:
        return scores if output == "tensor" else _shown(scores)
    if scores.ndim != 3:
        raise ValueError(
            "output: expected height × width × classes for apply_argmax=True, got "
            f"shape {scores.shape}"
        )
    numbers: NDArray[np.intp] = scores.argmax(axis=-1)
    if output == "tensor":
        return numbers
    return _gray(255 * numbers / max(2, scores.shape[-1] - 1))


def _shown(values: NDArray[Any]) -> NDArray[np.uint8]:
    flat = values[..., 0] if values.ndim == 3 and values.shape[-1] == 1 else values
    is_rgb = flat.ndim == 3 and flat.shape[-1] == 3
    if flat.ndim != 2 and not is_rgb:
        raise ValueError(
            f"output: expected 1 or 3 channels for an image, got shape {values.shape}; "
            "apply_argmax=True makes classes of them"
        )
    whole = flat.dtype.kind in "iu"
    high = 255 if whole else 1
    if flat.size and not (flat.min() >= 0 and flat.max() <= high):
        raise ValueError(
            f"output: expected numbers from 0 to {high} for an image, got "
            f"{flat.min():g} to {flat.max():g}; output='tensor' gives them as they are"
        )
    levels = flat if whole else flat * 255.0
    return np.floor(levels + 0.5).astype(np.uint8) if is_rgb else _gray(levels)


def _gray(levels: NDArray[Any]) -> NDArray[np.uint8]:
    rounded = np.floor(levels + 0.5).astype(np.uint8)
    return np.repeat(rounded[:, :, None], 3, axis=2)


def without_batch(output: NDArray[Any]) -> NDArray[Any]:
    """Take away the axis of the pictures, where it is there."""
    return output.reshape(output.shape[1:]) if output.shape[:1] == (1,) else output
