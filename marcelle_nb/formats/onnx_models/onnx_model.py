"""An ONNX model that predicts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.onnx_models.extra import import_extra
from marcelle_nb.formats.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

_TYPES = {"float": "float32", "double": "float64"}


class OnnxModel(LoadedModel):
    """An ONNX file, run by onnxruntime, behind the interface of every loaded model.

    Parameters
    ----------
    model : onnx.ModelProto
        Checked, with all its weights inside.
    what : str
        What messages call the file.
    size : int
        Bytes of the file and those beside it.

    Notes
    -----
    Thread: any; calls of several threads run side by side.
    """

    def __init__(
        self,
        model: Any,
        what: str,
        *,
        size: int,
        labels: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._model = model
        self._what = what
        self._session = self._opened(model)
        super().__init__(
            "onnx",
            inputs=[_spec(v, model.graph.input, what) for v in self._session.get_inputs()],
            outputs=[_spec(v, model.graph.output, what) for v in self._session.get_outputs()],
            ops=Counter(node.op_type for node in model.graph.node),
            size=size,
            labels=labels,
            metadata=metadata,
        )
        self._sessions: dict[tuple[str, ...], Any] = {}

    def tf_function(self) -> NoReturn:
        """Refuse: TensorFlow does not run ONNX.

        Raises
        ------
        ModelFormatError
            Always.
        """
        raise ModelFormatError(
            f"{self._what}: an ONNX file only predicts: onnxruntime runs it, and it holds no "
            "TensorFlow graph or layers; convert the model that it was made from"
        )

    def _run(self, arrays: list[Array], outputs: Sequence[str] | None) -> list[Array]:
        session = self._session if outputs is None else self._reaching(tuple(outputs))
        feeds = {spec.name: array for spec, array in zip(self.inputs, arrays, strict=True)}
        try:
            results: list[Array] = session.run(None if outputs is None else list(outputs), feeds)
        except Exception as error:  # its exceptions have no common class below this
            raise _refused(self._what, error) from error
        return results

    def _reaching(self, names: tuple[str, ...]) -> Any:
        """Give a session in which inner values are outputs too."""
        own = {spec.name for spec in self.outputs}
        if set(names) <= own:
            return self._session
        if names not in self._sessions:
            known = {name for node in self._model.graph.node for name in node.output}
            unknown = [name for name in names if name not in known | own]
            if unknown:
                raise ValueError(f"outputs: expected names of values, got {unknown[0]!r:.80}")
            onnx = import_extra("onnx")
            model = onnx.ModelProto()
            model.CopyFrom(self._model)
            model.graph.output.extend(
                onnx.ValueInfoProto(name=name) for name in dict.fromkeys(names) if name not in own
            )
            self._sessions[names] = self._opened(model)
        return self._sessions[names]

    def _opened(self, model: Any) -> Any:
        runtime = import_extra("onnxruntime")
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # what it says comes as an exception too
        try:
            return runtime.InferenceSession(
                model.SerializeToString(),
                options,
                providers=["CPUExecutionProvider"],
                # it computes while it opens the file, as much as a few constants ask for
                disabled_optimizers=["ConstantFolding"],
                enable_fallback=0,  # it prints, and tries the same again
            )
        except Exception as error:  # its exceptions have no common class below this
            raise _refused(self._what, error) from error


def _refused(what: str, error: Exception) -> ModelFormatError:
    return ModelFormatError(
        f"{what}: expected a model that onnxruntime runs, got " + " ".join(str(error).split())[:300]
    )


def _spec(value: Any, declared: Iterable[Any], what: str) -> TensorSpec:
    """Describe an input or output; sizes that have a name are free.

    The runtime gives no sizes for a scalar and for any rank alike: the file tells which it is.
    """
    kind = value.type
    if not kind.startswith("tensor("):
        raise ModelFormatError(f"{what}: {value.name}: expected a tensor, got {kind}")
    name = kind[len("tensor(") : -1]
    sizes = tuple(size if isinstance(size, int) and size >= 0 else None for size in value.shape)
    ranked = sizes or any(
        each.type.tensor_type.HasField("shape") for each in declared if each.name == value.name
    )
    return TensorSpec(value.name, sizes if ranked else None, _TYPES.get(name, name))
