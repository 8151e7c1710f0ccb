"""A loaded model together with how inputs go into it and what its outputs mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.kinds import Float, Text
from marcelle_nb.models import task_outputs
from marcelle_nb.models.image_treatment import ImageTreatment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.tensor_spec import TensorSpec

    Arrays = list[NDArray[Any]]

BATCH = 32
"""Inputs that are predicted from at once, where the model takes several."""

SHOWN_LABELS = 20
"""More names than these are counted only."""


@dataclass(frozen=True)
class OpenedModel:
    """A model from files, ready to predict.

    Attributes
    ----------
    model : LoadedModel
    treatment : ImageTreatment or None
        None where it takes arrays.
    task_type : str
    segmentation_options : mapping
    labels : list of str
        Empty where nobody told any.
    """

    model: LoadedModel
    treatment: ImageTreatment | None
    task_type: str
    segmentation_options: Mapping[str, Any]
    labels: list[str]

    @classmethod
    def of(
        cls,
        model: LoadedModel,
        *,
        input_type: str,
        task_type: str,
        segmentation_options: Mapping[str, Any],
        input_range: tuple[float, float] | None,
        crop: str | None,
        labels: list[str] | None,
    ) -> OpenedModel:
        """Put together what the file says and what the user says, who has the last word.

        Raises
        ------
        ValueError
            If the model does not take pictures and is to, or has more or fewer classes than labels.
        """
        treatment = None
        if input_type == "image":
            treatment = _treatment(model, input_range, crop)
        names = labels if labels is not None else model.labels or []
        opened = cls(model, treatment, task_type, segmentation_options, names)
        return opened.with_labels(names)

    def with_labels(self, labels: list[str]) -> OpenedModel:
        """Give the same with other names of classes, after a look at how many it has."""
        shape = self.model.outputs[0].shape if self.model.outputs else None
        if labels and self.task_type == "classification" and shape and shape[-1] is not None:
            task_outputs.check_count(labels, shape[-1])
        return replace(self, labels=labels)

    def predict(self, x: Any) -> Any:
        """Predict from one input; see `TFGenericModel.predict`."""
        return self._answers(self.model(*self._batch([x])), 1)[0]

    def predict_many(self, xs: Sequence[Any]) -> list[Any]:
        """Predict from several inputs, at once where they and the model allow."""
        first = self.model.inputs[0].shape if self.model.inputs else None
        size = BATCH if first is not None and len(first) > 0 and first[0] is None else 1
        results: list[Any] = []
        for start in range(0, len(xs), size):
            results += self._predict_part(xs[start : start + size])
        return results

    def _predict_part(self, xs: Sequence[Any]) -> list[Any]:
        if len(xs) > 1:
            inputs = self._batch(xs)
            outputs = self.model(*inputs) if inputs else []
            if outputs and all(out.ndim and len(out) == len(xs) for out in outputs):
                return self._answers(outputs, len(xs))
        return [self.predict(x) for x in xs]

    def _batch(self, xs: Sequence[Any]) -> Arrays:
        """Give an array for each of the model's inputs; none where several do not fit together."""
        columns = zip(*(self._inputs(x) for x in xs), strict=True)
        arrays: Arrays = []
        for spec, column in zip(self.model.inputs, columns, strict=True):
            if len({array.shape for array in column}) > 1:
                return []
            batched = spec.shape is None or self.treatment is None or self.treatment.batched
            arrays.append(np.stack(column) if batched else column[0])
        return arrays

    def _inputs(self, x: Any) -> Arrays:
        """Give an array for each of the model's inputs, without the axis of the batch."""
        specs = self.model.inputs
        if self.treatment is not None:
            return [self.treatment(x)]
        if isinstance(x, Mapping):
            if sorted(x) != sorted(spec.name for spec in specs):
                raise ValueError(f"x: expected {[spec.name for spec in specs]}, got {sorted(x)}")
            x = [x[spec.name] for spec in specs]
        elif len(specs) == 1:
            x = [x]
        if not isinstance(x, Sequence) or len(x) != len(specs):
            raise ValueError(
                f"x: expected {len(specs)} arrays, one for each of "
                f"{[spec.name for spec in specs]}, got {type(x).__name__}"
            )
        return [_example(spec, value) for spec, value in zip(specs, x, strict=True)]

    def _answers(self, outputs: Arrays, count: int) -> list[Any]:
        return [self._answer([_of(output, i, count) for output in outputs]) for i in range(count)]

    def _answer(self, outputs: Arrays) -> Any:
        if self.task_type == "classification":
            return task_outputs.classification(outputs[0], self.labels)
        if self.task_type == "segmentation":
            return task_outputs.segmentation(outputs[0], **self.segmentation_options)
        return outputs[0] if len(outputs) == 1 else outputs

    def facts(self) -> list[tuple[str, str]]:
        """Say what was loaded, in pairs of a name and a text of one or more lines."""
        model = self.model
        names = ", ".join(self.labels[:SHOWN_LABELS])
        more = len(self.labels) - SHOWN_LABELS
        facts = [
            ("Format", f"{model.format}, {_size(model.size)}"),
            ("Inputs", "\n".join(map(str, model.inputs))),
            ("Outputs", "\n".join(map(str, model.outputs))),
            ("Labels", f"{names} and {more:,} more" if more > 0 else names or "none told"),
        ]
        if self.treatment is not None:
            facts.append(("Pictures", str(self.treatment)))
        return facts


def _treatment(
    model: LoadedModel, input_range: tuple[float, float] | None, crop: str | None
) -> ImageTreatment:
    if len(model.inputs) != 1:
        names = [spec.name for spec in model.inputs]
        raise ValueError(
            f"input: expected one for input_type='image', got {names}; "
            "input_type='generic' takes several arrays"
        )
    told = model.metadata
    spec = model.inputs[0]
    span = input_range or checked_range(told.get("input_range", (0, 255)))
    if span != (0.0, 255.0) and spec.name in told.get("quantization", {}):
        # a quantised input takes real numbers too, and stores them by its own scale
        spec = replace(spec, dtype="float32")
    return ImageTreatment.of(
        spec,
        input_range=span,
        crop=told.get("crop") if crop is None else None if crop == "none" else crop,
        image_size=told.get("image_size"),
    )


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.1f} KB"


def _example(spec: TensorSpec, value: Any) -> NDArray[Any]:
    """Take an axis of size 1 away that is there for the batch."""
    array = np.asarray(value)
    has_batch = spec.shape is not None and array.ndim == len(spec.shape) and array.shape[:1] == (1,)
    return array[0] if has_batch else array


def _of(output: NDArray[Any], index: int, count: int) -> NDArray[Any]:
    """Give the part of an output that belongs to one input; some models have no batch."""
    return output[index] if output.ndim and len(output) == count else output


def checked_range(given: Any) -> tuple[float, float]:
    """Check an input range: two different numbers.

    Raises
    ------
    ValueError, TypeError
        If it is something else.
    """
    if not isinstance(given, Iterable) or isinstance(given, str) or len(pair := [*given]) != 2:
        raise ValueError(f"input_range: expected two numbers (low, high), got {given!r:.80}")
    low, high = (Float().check("input_range", one) for one in pair)
    if low == high:
        raise ValueError(f"input_range: expected two different numbers, got {low:g} twice")
    return low, high


def checked_labels(given: Any) -> list[str]:
    """Check names of classes, and copy them.

    Raises
    ------
    ValueError, TypeError
        If they are no list of texts.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise TypeError(f"labels: expected a list of texts, got {given!r:.80}")
    return [Text(max_length=1_000).check(f"labels[{i}]", one) for i, one in enumerate(given)]
