"""The file of a small network: its plan as JSON, then its weights, eight bits each.

The file begins with eight bytes that name it and the length of the JSON as a uint32. After the JSON
comes, for each matrix of the plan: a float32 scale for each column, a float32 bias for each column,
and the weights as whole numbers from -127 to 127, row by row. All numbers are little-endian. The
JSON holds a checksum of its plan and of what follows it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.replaced_file import replace_file
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.features.extractor import Extractor
from marcelle_nb.features.network_plan import NetworkPlan
from marcelle_nb.formats.json_document import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MAGIC = b"MNBFEAT1"
KIND = "learned-1"
"""The method; the digits after it in a version tell the plan and the weights."""

MOST_BYTES = 16_000_000
MOST_JSON = 100_000
LARGEST = 127
HUGE = 1e4
"""Scales and biases are far below: what is beyond is damage."""


def write_features(
    path: Path,
    plan: NetworkPlan,
    weights: Sequence[Floats],
    biases: Sequence[Floats],
    made: Mapping[str, Any],
) -> str:
    """Write a network, rounded to eight bits a weight.

    Parameters
    ----------
    path : Path
        What is there is replaced.
    plan, weights, biases
        As `Extractor` takes them.
    made : mapping
        How it was made, in JSON's types; for people.

    Returns
    -------
    str
        The version of its features.

    Raises
    ------
    OSError
        If it cannot be written.

    References
    ----------
    Krishnamoorthi, R. (2018). Quantizing deep convolutional networks for efficient inference.
    arXiv:1806.08342: symmetric, a scale for each channel.
    """
    payload = b"".join(
        part for pair in zip(weights, biases, strict=True) for part in _rounded(*pair)
    )
    checksum = _checksum(plan, payload)
    head = {"plan": plan.document(), "sha256": checksum, "made": dict(made)}
    text = json.dumps(head, indent=1).encode()
    replace_file(path, MAGIC + struct.pack("<I", len(text)) + text + payload)
    return _version(checksum)


def read_features(path: Path) -> Extractor:
    """Read a network.

    Raises
    ------
    ModelFormatError
        If the file is no such network, or is damaged.
    OSError
        If it cannot be read.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ModelFormatError(f"{path.name}: expected a file, got something else")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ModelFormatError(f"{path.name}: expected at most {MOST_BYTES:,} bytes, got more")
    try:
        return _read(data)
    except ModelFormatError as error:
        raise ModelFormatError(f"{path.name}: {error}") from None


def _read(data: bytes) -> Extractor:
    if data[: len(MAGIC)] != MAGIC or len(data) < len(MAGIC) + 4:
        raise ModelFormatError(f"expected a file of image features, got {data[:8]!r}")
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    start = len(MAGIC) + 4 + length
    if length > MOST_JSON or start > len(data):
        raise ModelFormatError(f"expected at most {MOST_JSON:,} bytes of JSON, got {length:,}")
    head = parse_json(data[len(MAGIC) + 4 : start], "head")
    plan = NetworkPlan.read(head.get("plan") if isinstance(head, dict) else head)
    needed = sum((rows + 8) * columns for rows, columns in plan.matrices)
    if needed != len(data) - start:
        raise ModelFormatError(f"expected {needed:,} bytes of weights, got {len(data) - start:,}")
    checksum = _checksum(plan, data[start:])
    if head.get("sha256") != checksum:
        raise ModelFormatError("expected plan and weights of the file's checksum, got others")
    weights, biases = _weights(plan, data, start)
    return Extractor(plan, weights, biases, _version(checksum))


def _weights(plan: NetworkPlan, data: bytes, start: int) -> tuple[list[Floats], list[Floats]]:
    weights: list[Floats] = []
    biases: list[Floats] = []
    for rows, columns in plan.matrices:
        scale, bias = np.frombuffer(data, "<f4", 2 * columns, start).reshape(2, columns)
        if not (np.abs(scale) <= HUGE).all() or not (np.abs(bias) <= HUGE).all():  # NaN is not
            raise ModelFormatError(f"expected scales and biases up to {HUGE:g}, got others")
        start += 8 * columns
        whole = np.frombuffer(data, np.int8, rows * columns, start).reshape(rows, columns)
        start += rows * columns
        weights.append(whole.astype(np.float32) * scale)
        biases.append(bias.astype(np.float32))
    return weights, biases


def _rounded(weights: Floats, bias: Floats) -> tuple[bytes, bytes, bytes]:
    scale = np.maximum(np.abs(weights).max(axis=0), np.float32(1e-12)) / np.float32(LARGEST)
    whole = np.round(weights / scale).astype(np.int8)
    return scale.astype("<f4").tobytes(), bias.astype("<f4").tobytes(), whole.tobytes()


def _checksum(plan: NetworkPlan, payload: bytes) -> str:
    said = json.dumps(plan.document(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode() + payload).hexdigest()


def _version(checksum: str) -> str:
    return f"{KIND}-{checksum[:8]}"
