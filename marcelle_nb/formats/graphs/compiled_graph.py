"""A graph as TensorFlow took it, and the parts of it that were compiled."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.constant_folding import hide_constants, show_constants
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.needed_nodes import needed_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class CompiledGraph:
    """Gives any tensors of a graph as a function of some others.

    Parameters
    ----------
    graph_def : GraphDef
        What `check_graph` passed; it is taken over, and changed.
    feeds : mapping of str to str
        Names of inputs, in order, with their tensors, as `"x:0"`.
    weights : dict of str to numpy.ndarray
        What placeholders of the graph hold, by the names of their nodes; it is emptied, since
        TensorFlow makes copies.
    what : str
        What messages call it.

    Attributes
    ----------
    graph : tf.Graph
        The graph as TensorFlow took it.

    Raises
    ------
    ModelFormatError
        If TensorFlow does not take the graph.

    Notes
    -----
    Thread: any.
    """

    def __init__(
        self,
        graph_def: Any,
        feeds: Mapping[str, str],
        weights: dict[str, NDArray[Any]],
        what: str,
    ) -> None:
        self._feeds = feeds
        self._what = what
        self._lock = threading.Lock()
        self._functions: dict[tuple[tuple[str, ...], bool], Any] = {}
        self.graph = _imported(graph_def, what)
        self._weights = _tensors(weights)

    @property
    def graph_def(self) -> Any:
        """The graph as it runs, with all its constants: a new copy each time."""
        import tensorflow as tf

        graph_def = self.graph.as_graph_def()
        show_constants(graph_def)
        for node in graph_def.node:
            if node.name in self._weights:
                dtype = node.attr["dtype"].type
                node.op = "Const"
                node.attr.clear()
                node.attr["dtype"].type = dtype
                value = tf.make_tensor_proto(self._weights[node.name].numpy(), dtype)
                node.attr["value"].tensor.CopyFrom(value)
        return graph_def

    def tensor(self, name: str) -> Any:
        """Give a tensor by its name, as `"y:0"`, or None where there is none."""
        try:
            return self.graph.get_tensor_by_name(name)
        except (KeyError, ValueError, TypeError):
            return None

    def function(self, fetches: tuple[str, ...], *, shown: bool = False) -> Any:
        """Give the part of the graph that some tensors need, compiled once.

        Parameters
        ----------
        fetches : tuple of str
            Tensors.
        shown : bool
            With all weights as constants, for converters that compute on these.

        Returns
        -------
        callable
            From a tensor for each input to a list of tensors.

        Raises
        ------
        ModelFormatError
            If the tensors need more than the inputs.
        """
        key = fetches, shown
        with self._lock:
            if key not in self._functions:
                try:
                    graph_def = self.graph_def if shown else self.graph.as_graph_def()
                    self._functions[key] = self._part(graph_def, fetches)
                except Exception as error:  # whatever it raises, the file is what is wrong
                    raise ModelFormatError(
                        f"{self._what}: expected outputs that its inputs lead to, "
                        f"got {type(error).__name__}: {str(error)[:300]}"
                    ) from error
            return self._functions[key]

    def _part(self, graph_def: Any, fetches: tuple[str, ...]) -> Any:
        import tensorflow as tf

        part = needed_nodes(graph_def, self._fed(), fetches)
        kept = {node.name: node.op for node in part.node}
        weights = {
            name: tensor for name, tensor in self._weights.items() if kept.get(name) != "Const"
        }

        def run(*tensors: Any) -> list[Any]:
            given = zip(self._feeds.values(), tensors, strict=True)
            mapped = {name: tensor for name, tensor in given if source_of(name) in kept}
            # what is captured is one tensor for all functions, and copied by none
            mapped |= {f"{name}:0": tf.identity(weights[name]) for name in weights if name in kept}
            found = tf.graph_util.import_graph_def(
                part, input_map=mapped, return_elements=list(fetches), name=""
            )
            return list(found)

        specs = [self.graph.get_tensor_by_name(name) for name in self._feeds.values()]
        with tf.device("/CPU:0"):
            return tf.compat.v1.wrap_function(
                run, [tf.TensorSpec(spec.shape, spec.dtype) for spec in specs]
            )

    def _fed(self) -> dict[str, int]:
        """Give the nodes whose only or first result is an input, with the types' numbers."""
        tensors = [self.graph.get_tensor_by_name(name) for name in self._feeds.values()]
        return {t.op.name: t.dtype.as_datatype_enum for t in tensors if t.value_index == 0}


def _imported(graph_def: Any, what: str) -> Any:
    """Give the graph to TensorFlow, which runs nothing of it meanwhile."""
    import tensorflow as tf

    graph = tf.Graph()
    try:
        hide_constants(graph_def)
        for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
            for node in nodes:
                node.device = ""  # of the machines that it was trained on
        with graph.as_default(), tf.device("/CPU:0"):
            tf.graph_util.import_graph_def(graph_def, name="")
    except Exception as error:  # whatever it raises, the file is what is wrong
        raise ModelFormatError(
            f"{what}: expected a graph that TensorFlow takes, "
            f"got {type(error).__name__}: {str(error)[:500]}"
        ) from error
    return graph


def _tensors(weights: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Give arrays to TensorFlow; `tf.constant` would copy each one more time."""
    import tensorflow as tf
    from tensorflow.python.framework.ops import EagerTensor

    with tf.init_scope(), tf.device("/CPU:0"):
        device = tf.constant(0).device
        return {name: EagerTensor(weights.pop(name), device, None) for name in list(weights)}
