"""What a user says about how a model from files is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from marcelle_nb.kinds import Choice
from marcelle_nb.models.checked_options import checked_labels, checked_range, checked_segmentation
from marcelle_nb.models.image_treatment import ImageTreatment
from marcelle_nb.models.opened_model import OpenedModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.formats.loaded_model import LoadedModel


@dataclass(frozen=True)
class ModelUse:
    """The options of a `TFGenericModel`, checked; None is left to the file.

    Attributes
    ----------
    input_type : {"image", "generic"}
    task_type : {"classification", "segmentation", "generic"}
    segmentation_options : dict
        Complete: `output` and `apply_argmax`.
    input_range : tuple of float or None
    crop : {"center", "none"} or None
    labels : list of str or None
    """

    input_type: str
    task_type: str
    segmentation_options: dict[str, Any]
    input_range: tuple[float, float] | None
    crop: str | None
    labels: list[str] | None

    @classmethod
    def checked(
        cls,
        input_type: str,
        task_type: str,
        segmentation_options: Mapping[str, Any] | None = None,
        *,
        input_range: Sequence[float] | None = None,
        crop: str | None = None,
        labels: Sequence[str] | None = None,
    ) -> ModelUse:
        """Check the options.

        Raises
        ------
        ValueError, TypeError
            If one has another value; it names the option.
        """
        tasks = Choice(("classification", "segmentation", "generic"))
        return cls(
            Choice(("image", "generic")).check("input_type", input_type),
            tasks.check("task_type", task_type),
            checked_segmentation(segmentation_options),
            None if input_range is None else checked_range(input_range),
            None if crop is None else Choice(("center", "none")).check("crop", crop),
            None if labels is None else checked_labels(labels),
        )

    def open(self, model: LoadedModel) -> OpenedModel:
        """Put together what the file says and what the user says, who has the last word.

        Raises
        ------
        ValueError
            If the model does not take pictures and is to, does not answer as its task wants, or has
            more or fewer classes than labels.
        """
        self._check_output(model)
        treatment = self._treatment(model) if self.input_type == "image" else None
        names = self.labels if self.labels is not None else model.labels or []
        opened = OpenedModel(model, treatment, self.task_type, self.segmentation_options, names)
        return opened.with_labels(names)

    def _check_output(self, model: LoadedModel) -> None:
        shape = model.outputs[0].shape if model.outputs else ()
        if self.task_type == "generic" or shape is None:
            return
        sizes = shape[1:] if shape[:1] in ((None,), (1,)) else shape
        if self.task_type == "classification":
            if sum(size not in (None, 1) for size in sizes) > 1:
                raise ValueError(
                    f"output: expected one score for each class, got {model.outputs[0]};"
                    " task_type='segmentation' or 'generic' takes it"
                )
        elif len(sizes) not in (2, 3):
            raise ValueError(
                f"output: expected height × width × classes, got {model.outputs[0]};"
                " task_type='classification' or 'generic' takes it"
            )

    def _treatment(self, model: LoadedModel) -> ImageTreatment:
        if len(model.inputs) != 1:
            names = [spec.name for spec in model.inputs]
            raise ValueError(
                f"input: expected one for input_type='image', got {names}; "
                "input_type='generic' takes several arrays"
            )
        told = model.metadata
        spec = model.inputs[0]
        span = self.input_range or checked_range(told.get("input_range", (0, 255)))
        if span != (0.0, 255.0) and spec.name in told.get("quantization", {}):
            # a quantised input takes real numbers too, and stores them by its own scale
            spec = replace(spec, dtype="float32")
        crop = told.get("crop") if self.crop is None else self.crop
        return ImageTreatment.of(
            spec,
            input_range=span,
            crop=None if crop == "none" else crop,
            image_size=told.get("image_size"),
        )
