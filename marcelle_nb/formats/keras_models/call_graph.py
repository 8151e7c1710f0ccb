"""Which layer of a Keras model is called on which tensors, numbered as TensorFlow.js numbers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.layer_call import LayerCall
from marcelle_nb.formats.keras_models.tfjs_parts import unsayable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

Reference = list[Any]


class CallGraph:
    """The calls that make up a functional model, or a Sequential.

    Parameters
    ----------
    model : keras.Model
        Built.
    names : mapping of int to str
        The name of each layer, by `id`; it is asked when a reference is made, so that it may be
        filled in later.

    Attributes
    ----------
    layers : list of keras.layers.Layer
        In the order in which they are written.
    topological : list of LayerCall
        Each after those whose outputs it needs.

    Raises
    ------
    ModelFormatError
        If a layer is no layer but an operation, or is called with what TensorFlow.js cannot say.
    """

    def __init__(self, model: keras.Model, names: Mapping[int, str]) -> None:
        graph = functional_of(model)
        self._names = names
        self.inputs = list(graph.inputs)
        self.outputs = list(graph.outputs)
        made = _calls(graph)
        self.topological = list(made.values())
        self.layers: list[Any] = list(
            {id(each): each for each in graph.operations if _is_called(each, made)}.values()
        )
        self._made: dict[int, list[LayerCall]] = {
            id(layer): [made[id(node)] for node in layer._inbound_nodes if id(node) in made]
            for layer in self.layers
        }
        self._source = {id(t): call for call in self.topological for t in call.outputs}
        self._number = self._numbers()

    def calls(self, layer: keras.layers.Layer) -> list[LayerCall]:
        """Give a layer's calls in the order in which TensorFlow.js makes them."""
        return sorted(self._made[id(layer)], key=lambda call: self._number[call])

    def source(self, tensor: Any) -> LayerCall:
        """Give the call that a tensor comes from."""
        return self._source[id(tensor)]

    def reference(self, tensor: Any) -> Reference:
        """Give a tensor's layer by name, the number of its call, and the tensor's own there."""
        call = self.source(tensor)
        place = next(i for i, output in enumerate(call.outputs) if output is tensor)
        return [self._names[id(call.layer)], self._number[call], place]

    def _numbers(self) -> dict[LayerCall, int]:
        """Give each call its number among those of its layer, as TensorFlow.js comes to make them.

        It goes through the layers, in their order in the file, until nothing is left, and makes
        those calls whose inputs are there; the numbers of a layer's calls are the order in which
        that happens, not the one in which the file lists them.
        """
        from keras import Model

        numbers: dict[LayerCall, int] = {}
        # a model has a first call of its own, of the inputs that it was made with
        taken = {id(layer): int(isinstance(layer, Model)) for layer in self.layers}
        waiting = {id(layer): self._made[id(layer)] for layer in self.layers}
        while any(waiting.values()):
            for layer in self.layers:
                left = []
                for call in waiting[id(layer)]:
                    if all(self._source[id(t)] in numbers for t in call.inputs):
                        numbers[call] = taken[id(layer)]
                        taken[id(layer)] += 1
                    else:
                        left.append(call)
                waiting[id(layer)] = left
        return numbers


def functional_of(model: keras.Model) -> Any:
    """Give the graph of a model that has one.

    Raises
    ------
    ModelFormatError
        If it is neither built as functional model nor a built Sequential.
    """
    from keras import Sequential
    from keras.src.models.functional import Functional

    graph = model
    if isinstance(model, Sequential):
        if not model.built:
            raise ModelFormatError(
                f"model {model.name!r}: expected one with weights, got one that is not built; "
                "call model.build(input_shape) first"
            )
        graph = model._functional
    own = type(model).call not in (Functional.call, Sequential.call)
    if own or not isinstance(graph, Functional):
        kind = type(model).__name__
        raise unsayable(f"model {model.name!r}", "a Sequential or functional model", kind)
    return graph


def _calls(graph: Any) -> dict[int, LayerCall]:
    """Give the calls that a model's outputs need, by the `id` of their node, in a possible order.

    What computes masks stands in Keras's graph too; TensorFlow.js computes them by itself.
    """
    nodes = [
        node
        for depth in sorted(graph._nodes_by_depth, reverse=True)
        for node in graph._nodes_by_depth[depth]
    ]
    source = {id(tensor): node for node in nodes for tensor in node.output_tensors}
    needed: dict[int, LayerCall] = {}
    waiting = [source[id(tensor)] for tensor in (*graph.outputs, *graph.inputs)]
    while waiting:
        node = waiting.pop()
        if id(node) not in needed:
            call = needed[id(node)] = LayerCall.of_node(node)
            waiting += [source[id(tensor)] for tensor in call.inputs]
    return {id(node): needed[id(node)] for node in nodes if id(node) in needed}


def _is_called(operation: Any, calls: Mapping[int, LayerCall]) -> bool:
    return any(id(node) in calls for node in operation._inbound_nodes)
