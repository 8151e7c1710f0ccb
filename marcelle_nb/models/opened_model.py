"""A loaded model together with how inputs go into it and what its outputs mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import UnsupportedByModel
from marcelle_nb.formats.description import TOLD, TREATMENT, description
from marcelle_nb.models import task_outputs
from marcelle_nb.models.file_contents import loaded_contents
from marcelle_nb.models.input_rows import check_version
from marcelle_nb.models.model_example import ModelExample, joined
from marcelle_nb.models.packed_model import MAX_BYTES, PackedModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.formats.loaded_model import Arrays, LoadedModel
    from marcelle_nb.models.image_treatment import ImageTreatment

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
    contents : PackedModel or None
        Its files; None where nobody knows them.
    is_trusted : bool
        Whether it was opened with `trust`.
    """

    model: LoadedModel
    treatment: ImageTreatment | None
    task_type: str
    segmentation_options: Mapping[str, Any]
    labels: list[str]
    contents: PackedModel | None = None
    is_trusted: bool = False

    def with_labels(self, labels: list[str]) -> OpenedModel:
        """Give the same with other names of classes, after a look at how many it has."""
        shape = self.model.outputs[0].shape if self.model.outputs else None
        if labels and self.task_type == "classification" and shape and shape[-1] is not None:
            task_outputs.check_count(labels, shape[-1])
        return replace(self, labels=labels)

    def predict(self, x: Any) -> Any:
        """Predict from one input; see `TFGenericModel.predict`."""
        return self._predict_one(self._example(x))

    def predict_many(self, xs: Sequence[Any]) -> list[Any]:
        """Predict from several inputs, at once where they and the model allow."""
        specs = (*self.model.inputs, *self.model.outputs)
        is_free = all(spec.shape is None or spec.shape[:1] == (None,) for spec in specs)
        size = BATCH if is_free else 1
        results: list[Any] = []
        for start in range(0, len(xs), size):
            results += self._predict_part([self._example(x) for x in xs[start : start + size]])
        return results

    def _predict_part(self, examples: Sequence[ModelExample]) -> list[Any]:
        inputs = joined(examples) if len(examples) > 1 else None
        outputs = [] if inputs is None else self.model(*inputs)
        if outputs and all(out.ndim and len(out) == len(examples) for out in outputs):
            rows = range(len(examples))
            return [self._answer([output[row, ...] for output in outputs]) for row in rows]
        return [self._predict_one(example) for example in examples]

    def _predict_one(self, example: ModelExample) -> Any:
        outputs = [np.asarray(output) for output in self.model(*example.batch())]
        if example.has_batch:
            outputs = [task_outputs.without_batch(output) for output in outputs]
        return self._answer(outputs)

    def _example(self, x: Any) -> ModelExample:
        check_version("x", getattr(x, "version", None), self.model.metadata.get("features"))
        if self.treatment is not None:
            return ModelExample([self.treatment(x)], [self.treatment.batched])
        return ModelExample.of(self.model.inputs, x)

    def _answer(self, outputs: Arrays) -> Any:
        if self.task_type == "classification":
            return task_outputs.classification(outputs[0], self.labels)
        if self.task_type == "segmentation":
            return task_outputs.segmentation(outputs[0], **self.segmentation_options)
        return outputs[0] if len(outputs) == 1 else outputs

    @property
    def metadata(self) -> dict[str, Any]:
        """How pictures become inputs, in the words of a file's metadata: what is told, or used."""
        if self.treatment is None:
            told = self.model.metadata
            return {key: told[key] for key in TREATMENT if key in told}
        used = self.treatment.metadata
        if used["crop"] is None and not self.model.metadata.get("crop"):
            del used["crop"]  # nobody ever spoke of one
        return used

    @property
    def own_metadata(self) -> dict[str, Any]:
        """All that is told of it, as it stands in a file and a store."""
        told = {key: it for key, it in self.model.metadata.items() if key in TOLD}
        return description(self.labels, {**told, **self.metadata})

    def pack(self) -> PackedModel:
        """Give the files that it was loaded from, with what is told of it now.

        Raises
        ------
        UnsupportedByModel
            If nobody knows the files, or they are too large.
        UnsafeModel
            If nobody could load them without `trust`.
        """
        if self.contents is None:
            raise UnsupportedByModel(
                f"{self.model.format}: expected files of at most {MAX_BYTES:,} bytes, got larger"
                " ones, or none that are known"
            )
        metadata = {**self.contents.metadata, **self.own_metadata}
        packed = PackedModel(self.contents.format, metadata, self.contents.files)
        if self.is_trusted:
            loaded_contents(packed)
        return packed

    def facts(self) -> list[tuple[str, str]]:
        """Say what was loaded, in pairs of a name and a text of one or more lines."""
        model = self.model
        shown = self.labels[:SHOWN_LABELS]
        names = (" · " if any("," in label for label in shown) else ", ").join(shown)
        more = len(self.labels) - SHOWN_LABELS
        facts = [
            ("Format", f"{model.format}, {_size(model.size)}"),
            ("Inputs", "\n".join(map(str, model.inputs))),
            ("Outputs", "\n".join(map(str, model.outputs))),
            ("Labels", f"{names} and {more:,} more" if more > 0 else names or "none told"),
        ]
        if self.treatment is not None:
            facts.append(("Pictures", str(self.treatment)))
        facts += [("Note", note) for note in model.metadata.get("notes", ())]
        return facts


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.1f} KB"
