"""A model file that was read: it tells what it is, and predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import keras
    from numpy.typing import NDArray

    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.formats.tensor_spec import TensorSpec

    Arrays = list[NDArray[Any]]


class LoadedModel(ABC):
    """What `marcelle_nb.load` gives, whatever the file's format.

    Call it with arrays, in the order of `inputs` or by name; it answers with a list of arrays in
    the order of `outputs`. The first call with new shapes compiles; later ones are quick.

    Attributes
    ----------
    format : str
        `"tfjs-layers"`, `"tfjs-graph"`, `"keras"`, `"h5"`, `"saved-model"`, `"frozen-graph"`,
        `"tflite"` or `"onnx"`.
    inputs, outputs : tuple of TensorSpec
        In the order of the file.
    labels : list of str or None
        The names of the classes, where the file or one beside it tells them.
    metadata : dict
        What the file says about itself beyond the model; `"notes"` are texts for the user.
    size : int
        Bytes of the model's files.
    ops : dict of str to int
        How often each type of layer or operation occurs.
    source : tuple of ModelFiles and str, or None
        The files and the name of the main one: of a TensorFlow.js graph model, which is written
        again with its own nodes, and of what was loaded from `ModelFiles`.

    Notes
    -----
    Thread: any.
    """

    def __init__(
        self,
        format: str,
        *,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
        ops: Mapping[str, int],
        size: int = 0,
        labels: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.format = format
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.ops = dict(ops)
        self.size = size
        self.labels = None if labels is None else list(labels)
        self.metadata = dict(metadata or {})
        self.source: tuple[ModelFiles, str] | None = None

    def __call__(self, *inputs: Any, outputs: Sequence[str] | None = None, **named: Any) -> Arrays:
        """Predict.

        Parameters
        ----------
        *inputs : array_like
            One for each of `inputs`, in order; or a single dictionary by name.
        outputs : sequence of str, optional
            Other tensors than the model's own outputs, by name: a layer, or a node of the graph.
        **named : array_like
            Inputs by name.

        Returns
        -------
        list of numpy.ndarray

        Raises
        ------
        ValueError
            If inputs are missing, unknown, of another rank or size, or of a type that does not
            convert without loss of meaning.
        """
        given = list(inputs)
        if len(given) == 1 and isinstance(given[0], dict):
            named = {**given.pop(), **named}
        return self._run(self._bound(given, named), outputs)

    @abstractmethod
    def _run(self, arrays: Arrays, outputs: Sequence[str] | None) -> Arrays:
        """Predict from checked arrays, one for each input in order."""

    @property
    def keras_model(self) -> keras.Model | None:
        """The Keras model behind it, or None where the file holds a graph."""
        return None

    def tf_function(self) -> Callable[..., Any]:
        """Give a `tf.function` with a fixed input signature, from which other formats are written.

        It takes one tensor for each input in order and returns a list in the order of `outputs`.

        Raises
        ------
        ModelFormatError
            If the format does not hold what TensorFlow could run.
        """
        raise ModelFormatError(
            f"{self.format}: expected a model that TensorFlow can run as a graph"
        )

    def summary(self) -> str:
        """Describe format, size, inputs, outputs, labels and operations as text."""
        lines = [f"format: {self.format}", f"size: {self.size:,} bytes"]
        lines += [f"input {spec}" for spec in self.inputs]
        lines += [f"output {spec}" for spec in self.outputs]
        if self.labels is not None:
            lines.append(f"labels: {len(self.labels)} ({', '.join(self.labels[:10])})")
        counts = sorted(self.ops.items(), key=lambda item: (-item[1], item[0]))
        lines.append("operations: " + ", ".join(f"{name} × {n}" for name, n in counts))
        return "\n".join(lines)

    def _bound(self, given: Sequence[Any], named: Mapping[str, Any]) -> Arrays:
        names = [spec.name for spec in self.inputs]
        values = dict(zip(names, given, strict=False))
        unknown = [name for name in named if name not in names or name in values]
        if len(given) > len(names) or unknown or len(values) + len(named) < len(names):
            got = f"{len(given)} in order" + (f" and {sorted(named)}" if named else "")
            raise ValueError(f"inputs: expected {names}, got {got}")
        values.update(named)
        return [_as_array(spec, values[spec.name]) for spec in self.inputs]


def _as_array(spec: TensorSpec, value: Any) -> NDArray[Any]:
    """Convert an input to the model's type, where no value changes its meaning by it."""
    array = np.asarray(value)
    if spec.dtype == "string":
        if array.dtype.kind not in "SUO":
            raise ValueError(f"{spec.name}: expected text, got {array.dtype}")
        array = array.astype(object)
    elif array.dtype != spec.dtype:
        try:
            array = _converted(array, np.dtype(spec.dtype))
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"{spec.name}: expected numbers of type {spec.dtype}, got {array.dtype}"
            ) from None
    wanted = spec.shape
    if wanted is not None and (
        len(wanted) != array.ndim
        or any(n not in (None, m) for n, m in zip(wanted, array.shape, strict=True))
    ):
        shape = " × ".join("?" if n is None else str(n) for n in wanted)
        raise ValueError(f"{spec.name}: expected shape {shape}, got {array.shape}")
    return array


def _converted(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "biufc":
        raise TypeError
    with np.errstate(invalid="ignore", over="ignore"):  # refused below
        result = array.astype(dtype)
    if dtype.kind in "biu" and not np.array_equal(result, array):
        raise ValueError
    if dtype.kind == "f" and np.isinf(result).any() and not np.isinf(array).any():
        raise ValueError
    return result
