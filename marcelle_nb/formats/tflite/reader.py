"""Reading of TensorFlow Lite files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import KEY
from marcelle_nb.formats.tflite.model_metadata import ModelMetadata
from marcelle_nb.formats.tflite.model_structure import ModelStructure
from marcelle_nb.formats.tflite.quantization import Quantization
from marcelle_nb.formats.tflite.structure_check import check_structure
from marcelle_nb.formats.tflite.tflite_model import TfliteModel

if TYPE_CHECKING:
    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.formats.tflite.model_structure import Signature, Tensor

DEFAULT_SIGNATURE = "serving_default"


def load_tflite(
    files: ModelFiles, name: str, *, signature: str | None = None, trust: bool = False
) -> TfliteModel:
    """Read a TensorFlow Lite file.

    Parameters
    ----------
    files : ModelFiles
    name : str
        The file among them.
    signature : str, optional
        Which of several signatures runs; without it `"serving_default"`, else the first.
    trust : bool
        Run custom operators, those of TensorFlow and rare ones, and loops and sizes that depend on
        computed values. Numbers in the file are checked all the same.

    Returns
    -------
    TfliteModel
        With `metadata["signatures"]` (names), `["quantization"]`, and, for a picture,
        `["input_range"]`: the real numbers that black and white become.

    Raises
    ------
    UnsafeModel
        If it holds operators that are not TensorFlow Lite's own.
    ModelFormatError
        If it cannot be read or run, or has no such signature.

    Notes
    -----
    Nothing in the file is run and no native code sees it before its structure was checked.
    Thread: any.
    """
    data = files.read(name)
    structure = ModelStructure.read(data, name)
    check_structure(structure, name, trust=trust)
    described = ModelMetadata(data, structure, name)
    chosen = _signature(structure, signature, name)
    return TfliteModel(
        data,
        structure,
        name,
        signature=chosen,
        trust=trust,
        labels=described.labels,
        metadata=_metadata(structure, chosen, described),
    )


def _signature(structure: ModelStructure, wanted: str | None, what: str) -> Signature | None:
    known = structure.signatures
    if wanted is not None and wanted not in known:
        raise ModelFormatError(f"{what}: expected one of the signatures {[*known]}, got {wanted!r}")
    if wanted is None and DEFAULT_SIGNATURE not in known:
        return next(iter(known.values()), None)
    return known[wanted or DEFAULT_SIGNATURE]


def _metadata(
    structure: ModelStructure, signature: Signature | None, described: ModelMetadata
) -> dict[str, Any]:
    subgraph = structure.subgraphs[signature.subgraph if signature else 0]
    metadata: dict[str, Any] = dict(described.description())
    if structure.signatures:
        metadata["signatures"] = [*structure.signatures]
    if described.files:
        metadata["files"] = list(described.files)
    if described.normalization:
        metadata["normalization"] = described.normalization
    if described.about is not None:
        metadata[KEY] = described.about
    if subgraph.inputs:
        span = _input_range(subgraph.tensors[subgraph.inputs[0]], described.normalization)
        metadata.update({"input_range": span} if span else {})
    return metadata


def _input_range(
    tensor: Tensor, normalization: dict[str, list[float]] | None
) -> tuple[float, float] | None:
    """Tell what the bytes 0 and 255 of a picture become before they go into a model.

    The file says it as mean and deviation; where it does not, the numbers that a quantised input
    can hold say it, since pictures are stored there as they are.
    """
    if len(tensor.shape) != 4 or tensor.shape[3] not in {1, 3}:
        return None
    if normalization:
        spans = {
            ((0 - mean) / std, (255 - mean) / std)
            for mean, std in zip(*_stretched(normalization), strict=False)
            if std
        }
        if len(spans) == 1 and all(map(math.isfinite, next(iter(spans)))):
            return spans.pop()
        return None  # a number for each channel: `metadata["normalization"]` has them
    quantization = Quantization.of(tensor)
    return quantization.real_range if quantization and quantization.dtype != "int16" else None


def _stretched(normalization: dict[str, list[float]]) -> tuple[list[float], list[float]]:
    mean, std = normalization["mean"], normalization["std"]
    n = max(len(mean), len(std))
    return (mean * n)[:n] if len(mean) == 1 else mean[:n], (std * n)[:n] if len(std) == 1 else std[
        :n
    ]
