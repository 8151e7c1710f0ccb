"""What a TensorFlow Lite file tells about its inputs and outputs: labels, normalisation, names."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import FILE, MAX_BYTES, parse_description
from marcelle_nb.formats.labels import checked_labels
from marcelle_nb.formats.tflite.flat_buffer import FlatBuffer, parse_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marcelle_nb.formats.tflite.flat_buffer import Schema
    from marcelle_nb.formats.tflite.model_structure import ModelStructure

NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"

MAX_LABEL_BYTES = 4 * 2**20

_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError)

AXIS_LABELS = 2
VALUE_LABELS = 3

_TABLES = """
Model name:s description:s version:s subgraphs:[Subgraph] author:s license:s files:[File]
    min_parser_version:s
Subgraph name:s description:s inputs:[Tensor] outputs:[Tensor] files:[File]
Tensor name:s description:s dimension_names:[s] content:Content units:[Unit] stats:Stats
    files:[File]
Content properties_type:B properties:|Content range:Range
Image color_space:b
Range unused:i
Unit options_type:B options:|Unit
Normalization mean:[f] std:[f]
Stats max:[f] min:[f]
File name:s description:s type:b locale:s version:s
"""


class ModelMetadata:
    """The metadata of one file, and the files that are packed behind it.

    Parameters
    ----------
    data : bytes
        The whole model file, behind which a zip archive may be.
    structure : ModelStructure
    what : str
        What messages call the file.

    Attributes
    ----------
    files : tuple of str
        The names of the packed files, but that of `about`.
    about : dict or None
        What is packed of `marcelle_nb.formats.description`, not checked.
    labels : list of str or None
        The classes of the first output that has any.
    normalization : dict or None
        `"mean"` and `"std"`, lists of one number or one for each channel: the first input takes
        `(x - mean) / std` where x are the bytes of a picture.

    References
    ----------
    TensorFlow Lite Metadata, `metadata_schema.fbs`, version 1.
    """

    def __init__(self, data: bytes, structure: ModelStructure, what: str) -> None:
        self._data = data
        self._what = what
        self._model: dict[str, Any] = {}
        content = structure.metadata.get(NAME, b"")
        if content[4:8] == IDENTIFIER:
            self._model = FlatBuffer(content, _schema(), f"{what}: metadata").root("Model")
        names = tuple(self._names())
        self.about = (
            parse_description(self._content(FILE, MAX_BYTES), f"{what}: {FILE}")
            if FILE in names
            else None
        )
        self.files = tuple(name for name in names if name != FILE)
        self.labels = self._labels()
        self.normalization = self._normalization()

    def description(self) -> dict[str, str]:
        """Give name, description, version, author and license, those that are there."""
        keys = ("name", "description", "version", "author", "license")
        return {key: self._model[key] for key in keys if self._model.get(key)}

    def _tensors(self, side: str) -> list[dict[str, Any]]:
        subgraphs = self._model.get("subgraphs") or [{}]
        tensors: list[dict[str, Any]] = subgraphs[0].get(side) or []
        return tensors

    def _names(self) -> Iterable[str]:
        if not self._packed():
            return []
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
                return [info.filename for info in archive.infolist()[:1000] if not info.is_dir()]
        except _BROKEN as error:
            raise self._broken(error) from error

    def _packed(self) -> bool:
        """Tell whether an archive lies behind the model; weights may look like one by chance."""
        return b"PK\x05\x06" in self._data[-66_000:] and zipfile.is_zipfile(io.BytesIO(self._data))

    def _labels(self) -> list[str] | None:
        described = [file for tensor in self._tensors("outputs") for file in tensor["files"]]
        for kind in (AXIS_LABELS, VALUE_LABELS):
            found = [file for file in described if file["type"] == kind]
            for file in sorted(found, key=lambda file: bool(file["locale"])):
                if file["name"] in self.files:
                    return self._lines(file["name"])
        for name in self.files:  # packed by hand, with no description
            if name.rpartition("/")[2] in {"labels.txt", "labelmap.txt", "label_map.txt"}:
                return self._lines(name)
        return None

    def _lines(self, name: str) -> list[str]:
        """Read a packed file of one label a line."""
        content = self._content(name, MAX_LABEL_BYTES)
        lines = content.decode("utf-8-sig", "replace").splitlines()
        while lines and not lines[-1].strip():
            lines.pop()
        return checked_labels([line.strip() for line in lines], f"{self._what}: {name}")

    def _content(self, name: str, limit: int) -> bytes:
        """Read a packed file of at most `limit` bytes."""
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as archive, archive.open(name) as member:
                content: bytes = member.read(limit + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            ValueError,
            OSError,
            RuntimeError,
            EOFError,
        ) as error:
            raise self._broken(error) from error
        if len(content) > limit:
            raise ModelFormatError(
                f"{self._what}: {name}: expected at most {limit:,} bytes, got more"
            )
        return content

    def _normalization(self) -> dict[str, list[float]] | None:
        for tensor in self._tensors("inputs")[:1]:
            for unit in tensor["units"]:
                options = unit["options"]
                if unit["options_type"] == 1 and options and len(options["mean"]):
                    mean, std = options["mean"].tolist(), options["std"].tolist()
                    return {"mean": mean, "std": std or [1.0]}
        return None

    def _broken(self, error: Exception) -> ModelFormatError:
        return ModelFormatError(f"{self._what}: expected readable packed files, got {error}")


def _schema() -> Schema:
    return parse_schema(_TABLES, {"Content": {2: "Image"}, "Unit": {1: "Normalization"}})
