"""A TensorFlow Lite model that predicts."""

from __future__ import annotations

import math
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.tensor_spec import TensorSpec
from marcelle_nb.formats.tflite.interpreter import open_interpreter, refused
from marcelle_nb.formats.tflite.invocation import Invocation
from marcelle_nb.formats.tflite.quantization import Quantization
from marcelle_nb.formats.tflite.schema import BITS
from marcelle_nb.formats.tflite.structure_check import uses_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from marcelle_nb.formats.tflite.model_structure import ModelStructure, Signature, Tensor

    Array = NDArray[Any]

ALLOCATED_AT_ONCE = 2**26
"""Bytes of all tensors up to which loading allocates them, which finds more errors early."""


class TfliteModel(LoadedModel):
    """A TensorFlow Lite file behind the interface of every loaded model.

    A quantised input takes real numbers and stored ones: an array of floating point is rounded to
    the nearest number that the file can store, by its scale and zero point, and what is beyond
    becomes the end of the range; an array of whole numbers holds the stored ones already, as the
    bytes of a picture. A quantised output comes back as real numbers, float32. `metadata` tells
    scale and zero point under `"quantization"`.

    A file whose inputs and outputs all have a first size of 1 takes any number of rows and runs
    them one after another.

    Attributes
    ----------
    signature : str or None
        The one that runs. `metadata["signatures"]` names them all.
    stateful : bool
        Whether a recurrent state is kept from one call to the next. False: every call begins anew,
        as the layer that was converted did.

    Notes
    -----
    Thread: any; one call runs at a time.
    """

    def __init__(
        self,
        data: bytes,
        structure: ModelStructure,
        what: str,
        *,
        signature: Signature | None,
        labels: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._data = data
        self._what = what
        self._number = signature.subgraph if signature else 0
        self._subgraph = structure.subgraphs[self._number]
        self._tensors = self._subgraph.tensors
        self._input_names = _names(
            self._subgraph.inputs, signature.inputs if signature else {}, self._tensors
        )
        self._output_names = _names(
            self._subgraph.outputs, signature.outputs if signature else {}, self._tensors
        )
        self._quantization = {n: Quantization.of(t) for n, t in enumerate(self._tensors)}
        super().__init__(
            "tflite",
            inputs=[self._spec(name, n, real=False) for n, name in self._input_names.items()],
            outputs=[self._spec(name, n, real=True) for n, name in self._output_names.items()],
            ops=Counter(
                operator.custom or operator.name
                for subgraph in structure.subgraphs
                for operator in subgraph.operators
            ),
            size=len(data),
            labels=labels,
            metadata={**(metadata or {}), **self._described()},
        )
        self.signature = signature.key if signature else None
        self.stateful = False
        self._structure = structure
        self._rows = all(
            spec.shape is not None and spec.shape[:1] == (1,)
            for spec in (*self.inputs, *self.outputs)
        )
        self._lock = threading.Lock()
        self._quick = self._invocation(keep_all=False)
        self._keeping: Invocation | None = None
        if self._is_small():
            try:
                self._quick.allocate()
            except (ValueError, RuntimeError) as error:
                raise refused(what, error) from error

    def tf_function(self) -> NoReturn:
        """Refuse: a TensorFlow Lite file only predicts and does not become a graph again.

        Raises
        ------
        ModelFormatError
            Always.
        """
        raise ModelFormatError(
            f"{self._what}: a TensorFlow Lite file only predicts: it was compiled for its "
            "interpreter and holds no TensorFlow graph or layers; convert the model that it was "
            "made from"
        )

    def _is_small(self) -> bool:
        """Tell whether the shapes in the file are those of one row, and need little memory."""
        given = [self._tensors[number] for number in self._subgraph.inputs]
        free = any(
            t.sizes is None or None in t.sizes[1:] or (None in t.sizes and t.shape[0] > 1)
            for t in given
        )
        total = sum(_n_bytes(subgraph.tensors) for subgraph in self._structure.subgraphs)
        return not free and total <= ALLOCATED_AT_ONCE

    def _spec(self, name: str, number: int, *, real: bool) -> TensorSpec:
        tensor = self._tensors[number]
        dtype = "float32" if real and self._quantization[number] else tensor.dtype
        return TensorSpec(name, tensor.sizes, dtype)

    def _described(self) -> dict[str, Any]:
        """Tell scale and zero point of inputs and outputs."""
        found = {
            name: {
                "dtype": quantization.dtype,
                "scale": quantization.scale.ravel().tolist(),
                "zero_point": quantization.zero_point.ravel().astype(int).tolist(),
            }
            for n, name in (*self._input_names.items(), *self._output_names.items())
            if (quantization := self._quantization[n])
        }
        return {"quantization": found} if found else {}

    def __call__(
        self, *inputs: Any, outputs: Sequence[str] | None = None, **named: Any
    ) -> list[Array]:
        """Predict; see `LoadedModel`. `outputs` may name any tensor that the file has.

        Raises
        ------
        ValueError
            If inputs do not fit the model.
        ModelFormatError
            If the interpreter fails on them.
        """
        given = [np.asarray(value) for value in inputs if not isinstance(value, dict)]
        for value in inputs:
            named = {**value, **named} if isinstance(value, dict) else named
        by_name = {name: np.asarray(value) for name, value in named.items()}
        lengths = {len(array) if array.ndim else 1 for array in (*given, *by_name.values())}
        if not self._rows or lengths in ({1}, set()) or len(lengths) > 1:
            return super().__call__(*given, outputs=outputs, **by_name)
        answers = [
            super(TfliteModel, self).__call__(
                *(array[row : row + 1] for array in given),
                outputs=outputs,
                **{name: array[row : row + 1] for name, array in by_name.items()},
            )
            for row in range(*lengths)
        ]
        if not answers:
            return [np.empty((0, *(spec.shape or ())[1:]), spec.dtype) for spec in self.outputs]  # type: ignore[arg-type]
        return [np.concatenate(column) for column in zip(*answers, strict=True)]

    def _bound(self, given: Sequence[Any], named: Mapping[str, Any]) -> list[Array]:
        numbers = {name: n for n, name in self._input_names.items()}
        return super()._bound(
            [
                self._stored(numbers[spec.name], value)
                for spec, value in zip(self.inputs, given, strict=False)
            ]
            + list(given[len(self.inputs) :]),
            {
                name: self._stored(numbers[name], value) if name in numbers else value
                for name, value in named.items()
            },
        )

    def _stored(self, number: int, value: Array) -> Array:
        quantization = self._quantization[number]
        return quantization.stored(value) if quantization and value.dtype.kind == "f" else value

    def _run(self, arrays: list[Array], outputs: Sequence[str] | None) -> list[Array]:
        own = list(self._output_names)
        wanted = own if outputs is None else [self._number_of(name) for name in outputs]
        with self._lock:
            try:
                invocation = self._quick if set(wanted) <= set(own) else self._kept()
                results = invocation.run(arrays, wanted, anew=not self.stateful)
            except (ValueError, RuntimeError) as error:
                raise refused(self._what, error) from error
        return [
            quantization.real(array) if (quantization := self._quantization[n]) else array
            for n, array in zip(wanted, results, strict=True)
        ]

    def _number_of(self, name: str) -> int:
        """Find a tensor by its name as an output, or by its name in the file."""
        for number, known in self._output_names.items():
            if known == name:
                return number
        for number, tensor in enumerate(self._tensors):
            if tensor.name == name:
                return number
        raise ValueError(f"outputs: expected names of tensors, got {name!r:.80}")

    def _kept(self) -> Invocation:
        """Give the interpreter that keeps every tensor, which is slower and made when asked for."""
        if self._keeping is None:
            self._keeping = self._invocation(keep_all=True)
        return self._keeping

    def _invocation(self, *, keep_all: bool) -> Invocation:
        structure = self._structure
        return Invocation(
            open_interpreter(
                self._data,
                self._what,
                tensorflow=uses_tensorflow(structure),
                keep_all=keep_all,
            ),
            self._subgraph.inputs,
            signature=self.signature,
            subgraph=self._number,
            names={**self._input_names, **self._output_names},
            variables=any(t.variable for s in structure.subgraphs for t in s.tensors),
        )


def _names(
    numbers: Sequence[int], named: Mapping[int, str], tensors: Sequence[Tensor]
) -> dict[int, str]:
    """Name tensors by a signature, else as the file does; no two have the same name."""
    names: dict[int, str] = {}
    for number in numbers:
        name = named.get(number) or tensors[number].name or f"tensor_{number}"
        names[number] = f"{name}_{number}" if name in names.values() else name
    return names


def _n_bytes(tensors: Sequence[Tensor]) -> int:
    return sum(math.prod(t.shape) * BITS.get(t.dtype, 8) // 8 for t in tensors if t.data is None)
