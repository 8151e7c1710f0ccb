"""A Keras model that was read from a file, or stands beside one."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.keras_models.layer_table import layer_table
from marcelle_nb.formats.keras_models.subclassed_inputs import arguments, recorded_inputs
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.quiet_warnings import quiet_warnings
from marcelle_nb.formats.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import keras

    from marcelle_nb.formats.loaded_model import Arrays


logger = logging.getLogger("marcelle_nb")


class KerasLoadedModel(LoadedModel):
    """Predicts with a Keras model.

    Each set of outputs is compiled once, for batches of any size. The weights stay the Keras
    model's own: what is trained there counts here at once.

    Parameters
    ----------
    model : keras.Model
        Sequential, functional, or subclassed and built.
    format : str
        Of the file that it comes from.
    inputs : sequence of TensorSpec, optional
        Needed for a subclassed model of which Keras does not know the inputs: one that was never
        called, or whose `call` takes several tensors without a `build` that names a shape for each.
    size : int
        Bytes of the model's files.
    labels : sequence of str, optional
    metadata : mapping, optional
    untrained : str, optional
        Why the model is not compiled though its file says how it was trained: a loss, metric,
        optimizer or layer with which Keras would train otherwise. The model predicts, and trains
        once it is compiled anew. The reason is `metadata["training"]`, stands in `summary()`, and
        is a warning in the log.

    Raises
    ------
    ValueError
        If the model's input is not known: it has never been called or built.

    Notes
    -----
    Thread: any.
    """

    def __init__(
        self,
        model: keras.Model,
        format: str = "keras",
        *,
        inputs: Sequence[TensorSpec] | None = None,
        size: int = 0,
        labels: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        untrained: str | None = None,
    ) -> None:
        self._model = model
        self._functions: dict[tuple[str, ...] | None, Callable[..., Any]] = {}
        self._graphs: dict[tuple[str, ...] | None, Callable[..., Any]] = {}
        inputs = _inputs(model) if inputs is None else inputs
        super().__init__(
            format,
            inputs=inputs,
            outputs=_outputs(model, inputs),
            ops=Counter(_kinds(model)),
            size=size,
            labels=labels,
            metadata={**(metadata or {}), **({"training": untrained} if untrained else {})},
        )
        self._untrained = untrained
        if untrained:
            logger.warning("The model only predicts until it is compiled: %s", untrained)

    @property
    def keras_model(self) -> keras.Model:
        """The Keras model, to look at or to train."""
        return self._model

    def tf_function(self) -> Callable[..., Any]:
        """Give a `tf.function` with a fixed input signature, from which other formats are written.

        It takes one tensor for each input in order and returns a list in the order of `outputs`.
        """
        return self._function(None)

    def summary(self) -> str:
        """Describe the file, whether it can be trained on at once, and every layer."""
        lines = [super().summary()]
        if self._untrained:
            lines.append(f"training: not compiled: {self._untrained}")
        return "\n".join([*lines, layer_table(self._model)])

    def _run(self, arrays: Arrays, outputs: Sequence[str] | None) -> Arrays:
        import tensorflow as tf

        function = self._concrete(None if outputs is None else tuple(outputs))
        return [result.numpy() for result in function(*map(tf.constant, arrays))]

    def _concrete(self, outputs: tuple[str, ...] | None) -> Callable[..., Any]:
        """Give the compiled graph itself, which costs less to call than its `tf.function`."""
        graph = self._graphs.get(outputs)
        if graph is None:
            from marcelle_nb.formats.keras_models.build import reported

            function: Any = self._function(outputs)
            with reported("model"):
                graph = self._graphs[outputs] = function.get_concrete_function()
        return graph

    def _function(self, outputs: tuple[str, ...] | None) -> Callable[..., Any]:
        function = self._functions.get(outputs)
        if function is None:
            model = self._model if outputs is None else _between(self._model, outputs)
            function = self._functions[outputs] = _compiled(model, self.inputs)
        return function


def _compiled(model: Any, inputs: Sequence[TensorSpec]) -> Callable[..., Any]:
    import keras
    import tensorflow as tf

    def predict(*tensors: Any) -> list[Any]:
        given, named = arguments(model, inputs, tensors)
        with quiet_warnings("keras"):  # that a layer drops a mask is as the file's author had it
            return list(keras.tree.flatten(model(*given, **named, training=False)))

    signature = [
        tf.TensorSpec(spec.shape, spec.dtype, name=_identifier(spec.name, i))
        for i, spec in enumerate(inputs)
    ]
    function: Callable[..., Any] = tf.function(predict, input_signature=signature, autograph=False)
    return function


def _identifier(name: str, i: int) -> str:
    """Give a name that a graph takes, different from the others."""
    legal = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    return legal if legal == name and not legal.startswith("_") else f"input_{i}_{legal}"


def _between(model: Any, names: Sequence[str]) -> Any:
    """Give a model from the same inputs to other layers' outputs.

    A layer that is called several times has the outputs `name`, `name:1`, `name:2`, … .
    """
    import keras

    known = dict(_tensors(model))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"outputs: expected some of {[*known][:30]}, got {unknown}")
    return keras.Model(
        model._inputs_struct if _is_functional(model) else model.inputs,
        [known[name] for name in names],
    )


def _tensors(model: Any) -> list[tuple[str, Any]]:
    """Give every tensor in a functional model by the name of its layer."""
    import keras

    found: list[tuple[str, Any]] = []
    graph = model if _is_functional(model) else getattr(model, "_functional", None)
    if graph is None:
        return found
    inside = graph._nodes
    for layer in graph._layers:
        produced = [
            tensor
            for i, node in enumerate(layer._inbound_nodes)
            if f"{id(layer)}_ib-{i}" in inside
            for tensor in keras.tree.flatten(node.output_tensors)
        ]
        found += [(f"{layer.name}:{i}" if i else layer.name, t) for i, t in enumerate(produced)]
    return found


def _is_functional(model: Any) -> bool:
    return hasattr(model, "_inputs_struct") and hasattr(model, "_nodes")


def _spec(name: str, tensor: Any) -> TensorSpec:
    return TensorSpec(name, tuple(tensor.shape), str(tensor.dtype))


def _inputs(model: Any) -> list[TensorSpec]:
    try:
        tensors = model.inputs
    except (AttributeError, ValueError):
        tensors = None
    if tensors:
        return [_spec(tensor.name, tensor) for tensor in tensors]
    return recorded_inputs(model)


def _outputs(model: Any, inputs: Sequence[TensorSpec]) -> list[TensorSpec]:
    if not getattr(model, "outputs", None):
        return _traced_outputs(model, inputs)
    names = {id(tensor): name for name, tensor in _tensors(model)}
    return [_spec(names.get(id(tensor), tensor.name), tensor) for tensor in model.outputs]


def _traced_outputs(model: Any, inputs: Sequence[TensorSpec]) -> list[TensorSpec]:
    """Find the outputs of a subclassed model, which only a call can tell."""
    function: Any = _compiled(model, inputs)
    tensors = function.get_concrete_function().structured_outputs
    return [
        TensorSpec("output" if i == 0 else f"output_{i}", tuple(t.shape), t.dtype.name)
        for i, t in enumerate(tensors)
    ]


def _kinds(model: Any) -> list[str]:
    import keras

    return [
        type(layer).__name__
        for layer in model._flatten_layers(include_self=False)
        if not isinstance(layer, keras.layers.InputLayer | keras.Model)
    ]
