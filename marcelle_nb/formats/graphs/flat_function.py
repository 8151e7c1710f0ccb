"""Any model as one function of flat, named tensors: where every conversion begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.argument_names import unique
from marcelle_nb.formats.loaded_model import LoadedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel


@dataclass(frozen=True)
class FlatFunction:
    """A traced function and what its tensors are called.

    Attributes
    ----------
    concrete : tensorflow.types.experimental.ConcreteFunction or None
        It takes the tensors of `inputs` in order. None where the graph already holds its weights.
    inputs, outputs : tuple of str
        Names, no two alike.
    arguments, tensors : tuple of tf.Tensor
        The inputs and outputs in its graph.
    call : callable
        Takes a tensor for each input and gives a nest of the outputs; to be traced for tensors of
        other shapes.
    graph_def : GraphDef or None
        The graph that holds its weights.
    by_name : bool
        Whether the function itself gives a dictionary.
    """

    concrete: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    arguments: tuple[Any, ...]
    tensors: tuple[Any, ...]
    call: Callable[..., Any]
    by_name: bool = False
    graph_def: Any = None

    def only(self, outputs: Sequence[str] | None) -> FlatFunction:
        """Give the same function with some of its outputs, in another order; all where None.

        Raises
        ------
        ValueError
            If it has no output of such a name, or none is asked for.
        """
        if outputs is None:
            return self
        if not outputs or len(set(outputs)) < len(outputs) or not set(outputs) <= {*self.outputs}:
            raise ValueError(
                f"output_nodes: expected some of the model's outputs {[*self.outputs]}, each once, "
                f"got {[*outputs]}"
            )
        tensors = dict(zip(self.outputs, self.tensors, strict=True))
        kept = tuple(tensors[name] for name in outputs)
        return replace(self, outputs=tuple(outputs), tensors=kept)


def flat_function(source: Any, inputs: Sequence[Any] | None = None) -> FlatFunction:
    """Trace a model.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function, ConcreteFunction or callable
        Or an object with a `keras_model`.
    inputs : sequence of tf.TensorSpec, optional
        What a function takes that has no `input_signature`.

    Raises
    ------
    ModelFormatError
        If it is a model that TensorFlow cannot run, or that was not built.
    TypeError
        If it is nothing of the above.
    ValueError
        If a function's inputs are not known.
    """
    import keras
    import tensorflow as tf

    if not isinstance(source, LoadedModel | keras.Model):
        inside = getattr(source, "keras_model", None)
        source = inside if isinstance(inside, keras.Model) else source
    if isinstance(source, keras.Model):
        from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel

        try:
            source = KerasLoadedModel(source)
        except ValueError as error:
            raise ModelFormatError(
                f"{source.name}: expected a model whose inputs are known, got one that was never "
                "called, or a subclass: pass a tf.function with an input_signature that calls it"
            ) from error
    if isinstance(source, LoadedModel):
        return _of_loaded(source)
    if isinstance(source, tf.types.experimental.ConcreteFunction):
        return _named(source, source)
    if not callable(source):
        raise TypeError(f"model: expected a Keras model or a tf.function, got {source!r:.100}")
    return _named(_traced(source, inputs), source)


def _of_loaded(model: LoadedModel) -> FlatFunction:
    from marcelle_nb.formats.graphs.graph_loaded_model import GraphLoadedModel

    inputs = unique([_key(spec.name, "input") for spec in model.inputs])
    outputs = unique([_key(spec.name, "output") for spec in model.outputs])
    if isinstance(model, GraphLoadedModel):
        return _of_graph(model, inputs, outputs)
    function: Any = model.tf_function()
    concrete = function.get_concrete_function()
    return FlatFunction(
        concrete,
        inputs,
        outputs,
        tuple(concrete.inputs[: len(inputs)]),
        # a gradient that was taken through it left intermediate results behind its own
        tuple(concrete.outputs[: len(outputs)]),
        getattr(function, "python_function", function),
    )


def _of_graph(
    model: GraphLoadedModel, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> FlatFunction:
    """Take the graph itself: a call of its function might not be replaced by what it calls."""
    import tensorflow as tf

    graph_def = model.graph_def
    if any(node.op == "HashTableV2" for node in graph_def.node):
        model.fill_tables()
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(graph_def, name="")
    arguments, tensors = (
        tuple(graph.get_tensor_by_name(name) for name in names.values())
        for names in (model.feeds, model.fetches)
    )
    fed = {tensor.op.name: tensor for tensor in arguments}
    for node in graph_def.node:
        if node.name in fed and not node.op.startswith("Placeholder"):
            tensor = fed[node.name]
            node.op = "Placeholder"
            del node.input[:]
            node.attr.clear()
            node.attr["dtype"].type = tensor.dtype.as_datatype_enum
            node.attr["shape"].shape.CopyFrom(tensor.shape.as_proto())

    def call(*given: Any) -> Any:
        return model.tf_function()(*given)

    return FlatFunction(None, inputs, outputs, arguments, tensors, call, graph_def=graph_def)


def _traced(function: Any, inputs: Sequence[Any] | None) -> Any:
    import tensorflow as tf

    traceable: Any = function
    if not hasattr(function, "get_concrete_function"):
        traceable = tf.function(function)
    if inputs is not None:
        return traceable.get_concrete_function(*inputs)
    if getattr(traceable, "input_signature", None) is None:
        raise ValueError(
            "function: expected one with an input_signature, as "
            "@tf.function(input_signature=[tf.TensorSpec([None, 4])]), got none"
        )
    return traceable.get_concrete_function()


def _named(concrete: Any, function: Any) -> FlatFunction:
    import tensorflow as tf

    positional, by_key = concrete.structured_input_signature
    parameters = [*concrete.function_type.parameters]
    names = [
        name
        for parameter, value in zip(parameters, positional, strict=False)
        for name in _leaves(value, parameter)
    ]
    names += [name for key in sorted(by_key) for name in _leaves(by_key[key], key)]
    n = len(concrete.inputs) - len(concrete.captured_inputs)
    if len(names) != n:
        names = [tensor.op.name for tensor in concrete.inputs[:n]]
    structure = concrete.structured_outputs
    by_name = isinstance(structure, dict)
    outputs = [*_leaves(structure, "output")]
    if not outputs or any(not isinstance(leaf, tf.Tensor) for leaf in concrete.outputs):
        raise ModelFormatError("function: expected one that gives tensors, got none")
    if len(outputs) == 1 and not by_name:
        outputs = ["output_0"]
    return FlatFunction(
        concrete,
        unique([_key(name, "input") for name in names]),
        unique([_key(name, "output") for name in outputs]),
        tuple(concrete.inputs[:n]),
        # a gradient that was taken through it left intermediate results behind its own
        tuple(concrete.outputs)[: len(outputs)],
        _flat_call(function, concrete.structured_input_signature),
        by_name,
    )


def _flat_call(function: Any, structure: Any) -> Callable[..., Any]:
    """Let a function take its tensors one after another."""
    import tensorflow as tf

    leaves = tf.nest.flatten(structure)

    def call(*tensors: Any) -> Any:
        given = iter(tensors)  # what is no tensor, as a name, stays what it was
        values = [next(given) if isinstance(leaf, tf.TensorSpec) else leaf for leaf in leaves]
        args, kwargs = tf.nest.pack_sequence_as(structure, values)
        return function(*args, **kwargs)

    return call


def _key(name: str, what: str) -> str:
    """Keep names in order: an object of JavaScript puts whole numbers first."""
    return f"{what}_{name}" if name.isdigit() else name


def _leaves(value: Any, name: str) -> Iterator[str]:
    """Give a name to each tensor, in the order in which TensorFlow flattens."""
    import tensorflow as tf

    if isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(value[key], str(key))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{name}_{i}")
    elif isinstance(value, tf.TensorSpec | tf.Tensor):
        yield name
