"""A TensorFlow Lite model that predicts."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.tflite.interpreter import open_interpreter, refused
from marcelle_nb.formats.tflite.invocation import Invocation
from marcelle_nb.formats.tflite.model_interface import ModelInterface
from marcelle_nb.formats.tflite.run_check import RunCheck
from marcelle_nb.formats.tflite.structure_check import uses_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from marcelle_nb.formats.tflite.model_structure import ModelStructure, Signature

    Array = NDArray[Any]


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
        trust: bool = False,
        labels: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._data = data
        self._what = what
        self._interface = ModelInterface(structure, signature)
        super().__init__(
            "tflite",
            inputs=self._interface.inputs(),
            outputs=self._interface.outputs(),
            ops=Counter(
                operator.custom or operator.name
                for subgraph in structure.subgraphs
                for operator in subgraph.operators
            ),
            size=len(data),
            labels=labels,
            metadata={**(metadata or {}), **self._interface.metadata()},
        )
        self.signature = signature.key if signature else None
        self.stateful = False
        self._structure = structure
        self._check = RunCheck(structure, self._interface.number, what, size=len(data), trust=trust)
        self._rows = all(
            spec.shape is not None and spec.shape[:1] == (1,)
            for spec in (*self.inputs, *self.outputs)
        )
        self._lock = threading.Lock()
        is_small = self._check.check_file()
        self._quick = self._invocation(keep_all=False)
        self._keeping: Invocation | None = None
        if is_small:
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

    def __call__(
        self, *inputs: Any, outputs: Sequence[str] | None = None, **named: Any
    ) -> list[Array]:
        """Predict; see `LoadedModel`. `outputs` may name any tensor that the file has.

        Raises
        ------
        ValueError
            If inputs do not fit the model.
        ModelFormatError
            If the interpreter fails on them, or they ask for too much; see `RunCheck`.
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
        numbers = {name: n for n, name in self._interface.input_names.items()}
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
        quantization = self._interface.quantization[number]
        return quantization.stored(value) if quantization and value.dtype.kind == "f" else value

    def _run(self, arrays: list[Array], outputs: Sequence[str] | None) -> list[Array]:
        own = list(self._interface.output_numbers.values())
        wanted = own if outputs is None else [self._interface.number_of(name) for name in outputs]
        with self._lock:
            self._check.check_call(arrays)
            try:
                invocation = self._quick if set(wanted) <= set(own) else self._kept()
                each = list(dict.fromkeys(wanted))
                results = invocation.run(arrays, each, anew=not self.stateful)
            except (ValueError, RuntimeError) as error:
                raise refused(self._what, error) from error
        real = {
            n: quantization.real(array)
            if (quantization := self._interface.quantization[n])
            else array
            for n, array in zip(each, results, strict=True)
        }
        return [real[n] for n in wanted]

    def _kept(self) -> Invocation:
        """Give the interpreter that keeps every tensor, which is slower and made when asked for."""
        if self._keeping is None:
            self._keeping = self._invocation(keep_all=True)
        return self._keeping

    def _invocation(self, *, keep_all: bool) -> Invocation:
        structure, interface = self._structure, self._interface
        return Invocation(
            open_interpreter(
                self._data,
                self._what,
                tensorflow=uses_tensorflow(structure),
                keep_all=keep_all,
            ),
            list(interface.input_names),
            signature=self.signature,
            subgraph=interface.number,
            names={
                **interface.input_names,
                **{number: name for name, number in interface.output_numbers.items()},
            },
            variables=any(t.variable for s in structure.subgraphs for t in s.tensors),
        )
