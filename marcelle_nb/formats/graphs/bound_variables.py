"""A graph's variables as constants, in the graph and in all functions that get them.

What a model only reads needs no variable: operations that read one pass its value on, and
arguments that are variables become arguments that are values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.large_weights import IN_GRAPH, large_weights, leave_out
from marcelle_nb.formats.graphs.restored_variables import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PASSING = frozenset({"Enter", "Exit", "Identity", "Merge", "NextIteration", "Switch"})
_CALLS = {
    "PartitionedCall": ("Tin", 0, ("f",)),
    "StatefulPartitionedCall": ("Tin", 0, ("f",)),
    "If": ("Tin", 1, ("then_branch", "else_branch")),
    "StatelessIf": ("Tin", 1, ("then_branch", "else_branch")),
    "While": ("T", 0, ("cond", "body")),
    "StatelessWhile": ("T", 0, ("cond", "body")),
}
"""By operation: the list of the arguments' types, the index of the first one, and the functions."""

_ASSIGNING = frozenset({"Assign", "AssignAddVariableOp", "AssignSubVariableOp", "AssignVariableOp"})


def bind_variables(
    graph_def: Any, values: Mapping[str, NDArray[Any]], what: str, *, room: int = IN_GRAPH
) -> dict[str, NDArray[Any]]:
    """Put values into a graph.

    Parameters
    ----------
    graph_def : GraphDef
        It is changed.
    values : mapping of str to numpy.ndarray
        By the name of the variable's node in the graph.
    what : str
        What messages call it.
    room : int
        Bytes that may stand in the graph. The largest values beyond stay beside it, and
        placeholders are where they were.

    Returns
    -------
    dict of str to numpy.ndarray
        What was left beside the graph, by the names of the nodes.

    Raises
    ------
    ModelFormatError
        If the graph changes a variable, or uses it in a way of which nothing is known.
    """
    import tensorflow as tf

    types = {}
    large = large_weights(values, room)
    beside: dict[str, NDArray[Any]] = {}
    for node in graph_def.node:
        if node.op in VARIABLES and node.name in values:
            dtype, value = node.attr["dtype"].type, values[node.name]
            types[node.name] = dtype
            if node.name in large and tf.as_dtype(dtype) == tf.as_dtype(value.dtype):
                leave_out(node, dtype, value.shape)
                beside[node.name] = value
                continue
            node.op = "Const"
            node.attr.clear()
            node.attr["dtype"].type = dtype
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, dtype))
    _Binding(graph_def, what).bind(graph_def.node, types)
    return beside


class _Binding:
    """One walk through a graph and its functions."""

    def __init__(self, graph_def: Any, what: str) -> None:
        self._functions = {f.signature.name: f for f in graph_def.library.function}
        self._done: dict[str, tuple[int, ...]] = {}
        self._what = what

    def bind(self, nodes: Any, types: dict[str, int], *, inside: bool = False) -> None:
        """Change all that takes the tensors of `types`, until nothing more does."""
        takers = _takers(nodes)
        renamed: dict[str, str] = {}
        waiting = [*types]
        calls = {}
        while waiting:
            source = waiting.pop()
            for node in takers.get(source, ()):
                if node.op in _CALLS or node.op in self._functions:
                    calls[node.name] = node
                elif self._change(node, types[source], nodes, renamed) and node.name not in types:
                    types[node.name] = types[source]
                    waiting.append(node.name)
        for call in calls.values():
            self._call(call, types)
        if inside:
            for node in nodes:
                for i, name in enumerate(node.input):
                    node.input[i] = renamed.get(name, name)
        self._renamed = renamed

    def _change(self, node: Any, dtype: int, nodes: Any, renamed: dict[str, str]) -> bool:
        """Change one node; tell whether it passes the variable on."""
        if node.op in PASSING:
            node.attr["T"].type = dtype
            return True
        if node.op == "ReadVariableOp":
            node.op = "Identity"
            node.attr.clear()
            node.attr["T"].type = dtype
            renamed[f"{node.name}:value:0"] = f"{node.name}:output:0"
        elif node.op in {"ResourceGather", "ResourceGatherNd"}:
            self._gather(node, dtype, nodes)
        elif node.op in _ASSIGNING or node.op.startswith("Resource"):
            raise ModelFormatError(
                f"{self._what}: expected a graph that leaves its variables as they are, "
                f"got {node.op} at {node.name!r:.200}"
            )
        # all others took the value of a variable of TensorFlow 1 all along
        return False

    def _gather(self, node: Any, dtype: int, nodes: Any) -> None:
        import tensorflow as tf

        indices = node.attr["Tindices"].type
        batch = node.attr["batch_dims"].i if "batch_dims" in node.attr else 0
        nested = node.op == "ResourceGatherNd"
        node.op = "GatherNd" if nested else "GatherV2"
        node.attr.clear()
        node.attr["Tparams"].type, node.attr["Tindices"].type = dtype, indices
        if nested:
            return
        axis = nodes.add(op="Const", name=f"{node.name}/axis")
        axis.attr["dtype"].type = 3
        axis.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(batch, tf.int32))
        node.attr["Taxis"].type, node.attr["batch_dims"].i = 3, batch
        data = [name for name in node.input if not name.startswith("^")]
        control = [name for name in node.input if name.startswith("^")]
        place = f"{axis.name}:output:0" if ":" in data[0] or ":" in data[1] else axis.name
        del node.input[:]
        node.input.extend([*data, place, *control])

    def _call(self, node: Any, types: Mapping[str, int]) -> None:
        """Let a call and the called functions take values."""
        key, first, attributes = _CALLS.get(node.op, ("", 0, ()))
        names = [node.attr[name].func.name for name in attributes] or [node.op]
        data = [name for name in node.input if not name.startswith("^")][first:]
        found = [types.get(source_of(name), 0) for name in data]
        if key:
            for i, dtype in enumerate(found):
                if dtype:
                    node.attr[key].list.type[i] = dtype
        for name in names:
            if name in self._functions:
                self._function(self._functions[name], tuple(found))

    def _function(self, function: Any, found: tuple[int, ...]) -> None:
        name = function.signature.name
        if name in self._done:
            if self._done[name] != found:
                raise ModelFormatError(
                    f"{self._what}: expected {name!r:.100} to get the same variables in all calls"
                )
            return
        self._done[name] = found
        types = {}
        for i, (argument, dtype) in enumerate(
            zip(function.signature.input_arg, found, strict=False)
        ):
            if dtype:
                argument.type = dtype
                argument.ClearField("handle_data")
                types[argument.name] = dtype
                if i in function.arg_attr:
                    function.arg_attr[i].attr.clear()
        self.bind(function.node_def, types, inside=True)
        for result in function.signature.output_arg:
            source = source_of(function.ret[result.name])
            function.ret[result.name] = self._renamed.get(
                function.ret[result.name], function.ret[result.name]
            )
            if source in types:
                result.type = types[source]
                result.ClearField("handle_data")


def _takers(nodes: Any) -> dict[str, list[Any]]:
    """Give, by the name of a node, those that take what it gives."""
    found: dict[str, list[Any]] = {}
    for node in nodes:
        for source in {source_of(name) for name in node.input if not name.startswith("^")}:
            found.setdefault(source, []).append(node)
    return found
