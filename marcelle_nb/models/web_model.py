"""A model as web pages run it: files of TensorFlow.js, or Marcelle's JSON of a KNN."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marcelle_nb._version import __version__
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAIN = "model.json"

FEATURES = f"features-{24 * '[0-9a-f]'}.json"
"""What the main file of a network is called that makes the features which the model takes."""

KEY = "marcelle_nb"
"""Under it stands in the main file what a page has to know beside the model."""


@dataclass(frozen=True, eq=False)
class WebModel:
    """What a page loads.

    Attributes
    ----------
    kind : {"layers", "graph", "knn"}
    document : dict
        The main file.
    weights : dict of str to bytes
        The other files, as `document` names them.
    about : dict
        `task`, `labels`, `input` (see `vector_input` and `image_input`), and `answers`: "softmax",
        "sigmoid", "logits", "numbers" or "boxes"; of a KNN also `k`; `top`, where no more than so
        many classes are shown; of a detector `colors`, `max_boxes` and `min_score`.
    before : WebModel, optional
        A graph that makes the row of numbers, which the model takes, of a picture.
    """

    kind: str
    document: Mapping[str, Any]
    weights: Mapping[str, bytes] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    before: WebModel | None = None

    @classmethod
    def of_files(cls, files: Mapping[str, bytes], about: Mapping[str, Any]) -> WebModel:
        """Take the files of TensorFlow.js, of which one is `model.json`."""
        document = parse_json(files[MAIN], MAIN)
        kind = "graph" if document.get("format") == "graph-model" else "layers"
        return cls(kind, document, {n: d for n, d in files.items() if n != MAIN}, about)

    def files(self) -> dict[str, bytes]:
        """Give the files to put beside a page, the main one first.

        Each of the others is called after its content: while a model takes the place of another,
        nobody reads the numbers of one into the layers of the other.

        Raises
        ------
        ModelFormatError
            If the main file names others than there are.
        """
        about = {"version": __version__, "kind": self.kind, **self.about}
        if self.before is None:
            return self._files(about)
        files = self.before._files(self.before.about)
        text = files.pop(MAIN)
        name = f"features-{_digest(text)}.json"
        made_by = {"file": name, "input": self.before.about["input"]}
        about["input"] = {**about["input"], "made_by": made_by}
        return self._files(about) | {name: text} | files

    def _files(self, about: Mapping[str, Any]) -> dict[str, bytes]:
        named = {old: _name(data) for old, data in self.weights.items()}
        document = {**self.document, KEY: about}
        if self.kind != "knn":
            groups = self.document.get("weightsManifest") or []
            document["weightsManifest"] = [
                {**group, "paths": [_renamed(path, named) for path in group["paths"]]}
                for group in groups
            ]
        weights = {named[old]: data for old, data in self.weights.items()}
        return {MAIN: _text(document), **weights}


def vector_input(size: int | None, features: str | None = None) -> dict[str, Any]:
    """Say that a model takes one row of numbers, maybe the features of a picture."""
    return {"kind": "vector", "size": size, "features": features}


def image_input(
    size: Sequence[int | None],
    input_range: Sequence[float],
    *,
    channels: int = 3,
    crop: str | None = None,
    is_flat: bool = False,
    channels_first: bool = False,
    batched: bool = True,
    dtype: str = "float32",
) -> dict[str, Any]:
    """Say how a picture becomes the input of a model.

    Parameters
    ----------
    size : sequence of int or None
        Height and width.
    input_range : sequence of float
        What the darkest and the brightest become.
    channels, crop, is_flat, channels_first, batched, dtype
        See `marcelle_nb.models.image_treatment`.

    Returns
    -------
    dict
        It is resized as TensorFlow.js does it, unless under `"resize"` stands `"corners"`, for
        corners aligned, or `"average"`, for an average of all pixels as Pillow makes it. Then
        `"gap"` is Pillow's `reducing_gap`, 1 where there is none, and where there is `"sampled"`, a
        picture so many times higher and wider than wanted is read in every second row and column,
        and so on. Under `"aspect"` stands the shape, width over height, that a camera's picture is
        cut to.
    """
    return {
        "kind": "image",
        "height": size[0],
        "width": size[1],
        "range": [float(end) for end in input_range],
        "channels": channels,
        "crop": crop,
        "is_flat": is_flat,
        "channels_first": channels_first,
        "batched": batched,
        "dtype": dtype,
    }


def _name(data: bytes) -> str:
    return f"weights-{_digest(data)}.bin"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]


def _renamed(path: str, names: Mapping[str, str]) -> str:
    name = path.removeprefix("./")
    if name not in names:
        raise ModelFormatError(f"{MAIN}: expected only files that are there, got {path!r:.80}")
    return names[name]


def _text(document: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"{MAIN}: expected what JSON can say, got {error}"[:300]) from error
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
