"""What is known of a model that was read: from its own file, and from the files beside it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.description import KEY, checked_description
from marcelle_nb.formats.detect import is_named
from marcelle_nb.formats.labels import find_labels, fits
from marcelle_nb.formats.sidecar import read_sidecar
from marcelle_nb.formats.teachable_machine import (
    image_treatment,
    is_converted,
    is_left_over,
    teachable_labels,
    teachable_metadata,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.model_files import ModelFiles


def describe(model: LoadedModel, files: ModelFiles, name: str) -> None:
    """Add to a loaded model its names of classes, its task, and how pictures go into it.

    What the file itself says counts before what lies beside it. Names that are more or fewer than
    the model's classes are left out, with a warning and a text in `metadata["notes"]`.

    Parameters
    ----------
    model : LoadedModel
        It is changed: `labels` and `metadata`.
    files : ModelFiles
    name : str
        The model's main file among them.

    Raises
    ------
    ModelFormatError
        If a description holds something else.
    """
    own = model.metadata.get(KEY)
    is_own = isinstance(own, dict)
    told = checked_description(own, name) if isinstance(own, dict) else read_sidecar(files, name)
    candidates = [(name, told.pop("labels", None))]
    teachable = teachable_metadata(files, name)
    if teachable is not None and not (is_own and is_left_over(files, name)):
        candidates.append(("metadata.json", teachable_labels(teachable)))
        told = {**image_treatment(model, teachable), **told}
    if told.get("task") != "regression":
        place, found, is_numbered = find_labels(files, _label_place(name)) or ("", None, False)
        candidates.append((place, found))
        if not is_own and is_converted(name, is_numbered=is_numbered):
            told = {**image_treatment(model, None), **told}
    model.metadata.update(told)
    _name_classes(model, candidates)


def describe_also(model: LoadedModel, content: Mapping[str, Any], what: str) -> None:
    """Add what is said of a loaded model elsewhere, which counts before what its files say.

    Parameters
    ----------
    model : LoadedModel
        It is changed: `labels` and `metadata`.
    content : mapping
        As in a file.
    what : str
        Where it stands, for messages.

    Raises
    ------
    ModelFormatError
        If it holds something else.
    """
    told = checked_description(content, what)
    labels = told.pop("labels", None)
    model.metadata.update(told)
    if labels and told.get("task") != "regression":
        own, model.labels = model.labels, None
        _name_classes(model, [(what, labels), (model.format, own)])


def _name_classes(model: LoadedModel, candidates: list[tuple[str, list[str] | None]]) -> None:
    """Take the first names that fit; say of those before them that they were not taken."""
    if candidates[0][1]:  # those of a description stand elsewhere in some files, too
        model.labels = None
    for place, labels in candidates:
        if not labels or model.labels is not None:
            continue
        if fits(labels, model):
            model.labels = labels
        else:
            _note(
                model,
                f"labels: expected one for each of the model's {_n_classes(model)} classes, got "
                f"{len(labels)} in {place}; they are left out",
            )


def _n_classes(model: LoadedModel) -> str:
    sizes = {spec.shape[-1] for spec in model.outputs if spec.shape and spec.shape[-1] is not None}
    return " or ".join(map(str, sorted(sizes)))


def _note(model: LoadedModel, text: str) -> None:
    model.metadata.setdefault("notes", []).append(text)
    warnings.warn(text, UserWarning, stacklevel=5)  # the line that calls `load`


def _label_place(name: str) -> str:
    """Give the name beside which labels lie: of a SavedModel that of its folder."""
    folder = name.rpartition("/")[0]
    return folder if folder and is_named(name, "saved-model") else name
