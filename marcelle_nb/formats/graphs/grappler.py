"""TensorFlow's own simplification of graphs, with the few passes that change no result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.native_messages import native_messages_kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BRANCHES = frozenset({"Case", "If", "StatelessCase", "StatelessIf", "StatelessWhile", "While"})
_LOWERED = "_lower_using_switch_merge"


def simplified(graph_def: Any, outputs: Sequence[str]) -> Any:
    """Inline calls, compute what is constant, and drop what no output needs.

    Parameters
    ----------
    graph_def : GraphDef
    outputs : sequence of str
        Names of tensors.

    Returns
    -------
    GraphDef
    """
    lower_branches(graph_def)
    passes = ["function", "pruning", "constfold", "dependency", "pruning"]
    return _optimised(graph_def, outputs, passes)


def inlined(graph_def: Any, outputs: Sequence[str]) -> Any:
    """Replace calls by what they call, but leave loops and branches as they are.

    Parameters
    ----------
    graph_def : GraphDef
        It is changed.
    outputs : sequence of str
        Names of tensors.

    Returns
    -------
    GraphDef
    """
    for node in _branches(graph_def):
        node.attr.pop(_LOWERED, None)
    result = _optimised(graph_def, outputs, ["function", "pruning"])
    lower_branches(result)
    return result


def lower_branches(graph_def: Any) -> None:
    """Ask TensorFlow to run loops and branches as those of TensorFlow 1, which is faster."""
    for node in _branches(graph_def):
        node.attr[_LOWERED].b = True


def _branches(graph_def: Any) -> Iterator[Any]:
    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        yield from (node for node in nodes if node.op in _BRANCHES)


def _optimised(graph_def: Any, outputs: Sequence[str], passes: Sequence[str]) -> Any:
    from tensorflow.core.protobuf import config_pb2, meta_graph_pb2, rewriter_config_pb2
    from tensorflow.python.grappler import tf_optimizer

    meta_graph = meta_graph_pb2.MetaGraphDef(graph_def=graph_def)
    meta_graph.collection_def["train_op"].node_list.value.extend(outputs)
    config = config_pb2.ConfigProto()
    options = config.graph_options.rewrite_options
    options.min_graph_nodes = -1  # small graphs too
    options.function_optimization = rewriter_config_pb2.RewriterConfig.AGGRESSIVE
    options.optimizers.extend(passes)
    options.meta_optimizer_iterations = rewriter_config_pb2.RewriterConfig.TWO
    with native_messages_kept(others=False):  # it tells how many devices it has found
        return tf_optimizer.OptimizeGraph(config, meta_graph)
