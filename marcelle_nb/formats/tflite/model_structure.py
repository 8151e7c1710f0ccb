"""What a TensorFlow Lite file holds, as plain data whose references are all resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.flat_buffer import FlatBuffer
from marcelle_nb.formats.tflite.operator_schema import OPERATORS, OPTIONS_1, OPTIONS_2
from marcelle_nb.formats.tflite.schema import IDENTIFIER, TYPES, model_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Table = dict[str, Any]


@dataclass(frozen=True)
class Tensor:
    """One tensor of a subgraph.

    Attributes
    ----------
    name : str
    dtype : str
        NumPy's name where it has one, else that of the file format.
    shape : tuple of int
        As the file has it; a free size is 1 in it.
    sizes : tuple of int or None, or None
        The same with None for free sizes, and None as a whole for an unknown rank.
    data : uint8 array or None
        The bytes of a constant.
    scale, zero_point : arrays, shape (n,)
        Of a quantised tensor, one for all or one for each slice along `axis`; else empty.
    axis : int
    variable : bool
        Whether it keeps its value between invocations.
    sparsity : dict or None
    external : int
        The number of a buffer in another file, or 0.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    sizes: tuple[int | None, ...] | None
    data: NDArray[np.uint8] | None
    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int
    variable: bool
    sparsity: Table | None
    external: int


@dataclass(frozen=True)
class Operator:
    """One operation: its name, the numbers of its tensors, its options and their table."""

    name: str
    custom: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    intermediates: tuple[int, ...]
    options: Table
    options_name: str


@dataclass(frozen=True)
class Subgraph:
    """Tensors, and the operations on them in the order in which they run."""

    name: str
    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class Signature:
    """A way to call the model: names for inputs and outputs of one subgraph, by tensor number.

    An output that is computed once may have several names.
    """

    key: str
    subgraph: int
    inputs: dict[int, str]
    outputs: dict[int, tuple[str, ...]]


@dataclass(frozen=True)
class ModelStructure:
    """A whole file.

    Attributes
    ----------
    subgraphs : tuple of Subgraph
        The first is what runs; the others are bodies of loops and branches, or of signatures.
    signatures : dict of str to Signature
    metadata : dict of str to bytes
    description : str
    """

    subgraphs: tuple[Subgraph, ...]
    signatures: dict[str, Signature]
    metadata: dict[str, bytes]
    description: str

    @classmethod
    def read(cls, data: bytes, what: str) -> ModelStructure:
        """Read a file and resolve its numbers.

        Raises
        ------
        ModelFormatError
            If the bytes are no such file, or a number points nowhere.
        """
        if data[4:8] != IDENTIFIER:
            raise ModelFormatError(f"{what}: expected a TensorFlow Lite file, got {data[4:8]!r}")
        model = FlatBuffer(data, model_schema(), what).root("Model")
        return _Reader(data, model, what).structure()


class _Reader:
    """Turns the tables of one file into a `ModelStructure`."""

    def __init__(self, data: bytes, model: Table, what: str) -> None:
        self.data = data
        self.model = model
        self.what = what

    def structure(self) -> ModelStructure:
        if self.model["version"] != 3:
            raise self._refused("version 3", self.model["version"])
        self.buffers = [self._bytes(buffer) for buffer in self.model["buffers"]]
        if not self.model["subgraphs"]:
            raise self._refused("at least one subgraph", 0)
        subgraphs = tuple(self._subgraph(table) for table in self.model["subgraphs"])
        signatures = [self._signature(table, subgraphs) for table in self.model["signature_defs"]]
        metadata = {
            table["name"] or "": _pick(self.buffers, table["buffer"], f"{self.what}: metadata")
            for table in self.model["metadata"]
        }
        return ModelStructure(
            subgraphs,
            {signature.key: signature for signature in signatures},
            {name: b"" if data is None else data.tobytes() for name, data in metadata.items()},
            self.model["description"] or "",
        )

    def _bytes(self, buffer: Table) -> NDArray[np.uint8] | None:
        data: NDArray[np.uint8] = buffer["data"]
        offset, size = buffer["offset"], buffer["size"]
        if offset > 1:  # of a file beyond 2 GiB: behind the tables
            if len(data) or offset + size > len(self.data):
                raise self._refused(f"a buffer inside {len(self.data):,} bytes", offset + size)
            data = np.frombuffer(self.data, np.uint8, size, offset)
        return data if len(data) else None

    def _subgraph(self, table: Table) -> Subgraph:
        what = f"{self.what}: subgraph {table['name'] or ''}".rstrip()
        tensors = tuple(self._tensor(tensor) for tensor in table["tensors"])
        operators = tuple(self._operator(operator, len(tensors)) for operator in table["operators"])
        inputs = _numbers(table["inputs"], len(tensors), what)
        outputs = _numbers(table["outputs"], len(tensors), what)
        return Subgraph(table["name"] or "", tensors, inputs, outputs, operators)

    def _tensor(self, table: Table) -> Tensor:
        name = table["name"] or ""
        what = f"{self.what}: tensor {name!r:.80}"
        shape = tuple(table["shape"][:9].tolist())
        signature = tuple(table["shape_signature"][:9].tolist()) or shape
        if len(shape) > 8 or len(signature) != len(shape) or min((*shape, *signature, 0)) < -1:
            raise ModelFormatError(f"{what}: expected at most 8 sizes, got {shape}, {signature}")
        if any(b not in (-1, a) for a, b in zip(shape, signature, strict=True)):
            raise ModelFormatError(f"{what}: expected the sizes {signature}, got {shape}")
        quantization = table["quantization"] or {}
        sizes = tuple(None if size < 0 else size for size in signature)
        return Tensor(
            name=name,
            dtype=_pick(TYPES, table["type"], f"{what}: type"),
            shape=tuple(max(size, 1) if size < 0 else size for size in shape),
            sizes=None if not shape and not table["has_rank"] else sizes,
            data=_pick(self.buffers, table["buffer"], f"{what}: buffer"),
            scale=quantization.get("scale", np.empty(0, np.float32)),
            zero_point=quantization.get("zero_point", np.empty(0, np.int64)),
            axis=quantization.get("quantized_dimension", 0),
            variable=table["is_variable"],
            sparsity=table["sparsity"],
            external=table["external_buffer"],
        )

    def _operator(self, table: Table, n_tensors: int) -> Operator:
        what = f"{self.what}: operator"
        code = _pick(self.model["operator_codes"], table["opcode_index"], what)
        number = max(code["builtin_code"], code["deprecated_builtin_code"])
        name = _pick(OPERATORS, number, what)
        what = f"{self.what}: {name}"
        if table["large_custom_options_offset"] > 1 or table["large_custom_options_size"]:
            raise ModelFormatError(f"{what}: expected options inside its table, got an offset")
        return Operator(
            name,
            code["custom_code"] or "",
            _numbers(table["inputs"], n_tensors, what, optional=True),
            _numbers(table["outputs"], n_tensors, what),
            _numbers(table["intermediates"], n_tensors, what),
            _options(name, table),
            OPTIONS_1.get(table["builtin_options_type"])
            or OPTIONS_2.get(table["builtin_options_2_type"], ""),
        )

    def _signature(self, table: Table, subgraphs: Sequence[Subgraph]) -> Signature:
        key = table["signature_key"] or ""
        what = f"{self.what}: signature {key!r:.80}"
        subgraph = _pick(subgraphs, table["subgraph_index"], what)
        inputs = {entry["tensor_index"]: entry["name"] or "" for entry in table["inputs"]}
        outputs: dict[int, list[str]] = {}
        for entry in table["outputs"]:
            outputs.setdefault(entry["tensor_index"], []).append(entry["name"] or "")
        sides = (("inputs", inputs, subgraph.inputs), ("outputs", outputs, subgraph.outputs))
        for side, named, numbers in sides:
            if not set(named) <= set(numbers):
                raise ModelFormatError(f"{what}: expected {side} of its subgraph, got others")
        return Signature(
            key,
            table["subgraph_index"],
            inputs,
            {number: tuple(names) for number, names in outputs.items()},
        )

    def _refused(self, expected: str, got: Any) -> ModelFormatError:
        return ModelFormatError(f"{self.what}: expected {expected}, got {got}")


def _options(name: str, table: Table) -> Table:
    if name == "CUSTOM":
        return {"custom_options": table["custom_options"].tobytes()}
    return {**(table["builtin_options"] or {}), **(table["builtin_options_2"] or {})}


def _pick(values: Sequence[Any], number: int, what: str) -> Any:
    if not 0 <= number < len(values):
        raise ModelFormatError(f"{what}: expected a number below {len(values)}, got {number}")
    return values[number]


def _numbers(
    array: NDArray[np.int32], n_tensors: int, what: str, *, optional: bool = False
) -> tuple[int, ...]:
    """Give numbers of tensors, checked; -1 is an input that is left out."""
    if len(array) and not (-int(optional) <= array.min() and array.max() < n_tensors):
        raise ModelFormatError(f"{what}: expected numbers of {n_tensors} tensors, got {array}")
    return tuple(array.tolist())
