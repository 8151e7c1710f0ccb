"""A TensorFlow.js graph rewritten so that TensorFlow runs it with the same results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.kernel_differences import AS_READ, RULES, normalise
from marcelle_nb.formats.graphs.node_builder import RESULTS, NodeBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Container


def rewrite(graph_def: Any, what: str) -> None:
    """Replace, in a graph and its functions, what TensorFlow lacks or computes otherwise.

    Each node that is replaced leaves one of its name, with the same result.

    Parameters
    ----------
    graph_def : GraphDef
        Changed in place. Its edges were checked.
    what : str
        What messages call it.

    Raises
    ------
    ModelFormatError
        If a fused operation is one that TensorFlow.js does not run either.
    """
    _rewrite_nodes(graph_def.node, what, inside=False)
    for function in graph_def.library.function:
        replaced = _rewrite_nodes(function.node_def, what, inside=True)
        for node in function.node_def:
            for i, name in enumerate(node.input):
                node.input[i] = _renamed(name, replaced)
        for key in list(function.ret):
            function.ret[key] = _renamed(function.ret[key], replaced)


def _rewrite_nodes(nodes: Any, what: str, *, inside: bool) -> dict[str, str]:
    """Rewrite a list of nodes; give the operations of those that were replaced."""
    taken = {node.name for node in nodes}
    empty = {node.name for node in nodes if node.op == "Const" and _is_empty(node)}
    replaced: dict[str, str] = {}
    result: list[Any] = []
    for node in nodes:
        _clean(node, empty)
        rule = RULES.get(node.op)
        made = _replaced(node, rule, taken, what, inside=inside) if rule else []
        if made:
            replaced[node.name] = made[-1].op
        result += made or [node]
    if replaced:
        kept = [type(node).FromString(node.SerializeToString()) for node in result]
        del nodes[:]
        nodes.extend(kept)
    return replaced


def _replaced(
    node: Any, rule: Callable[[NodeBuilder], None], taken: set[str], what: str, *, inside: bool
) -> list[Any]:
    builder = NodeBuilder(node, taken, inside=inside)
    try:
        rule(builder)
    except ModelFormatError:
        raise
    except (IndexError, ValueError):  # takes an input that is not there
        raise ModelFormatError(
            f"{what}: expected {node.name!r:.100} to have all inputs of {node.op}, "
            f"got {len(builder.data)}"
        ) from None
    return builder.nodes


def _clean(node: Any, empty: Container[str]) -> None:
    """Leave out where a node ran and what compilers noted on it; read it as TensorFlow.js does."""
    node.device = ""
    for key in [key for key in node.attr if key.startswith("_")]:
        del node.attr[key]
    if node.op in {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}:
        normalise(node, empty)
    elif node.op in AS_READ:
        AS_READ[node.op](node)


def _is_empty(node: Any) -> bool:
    return any(dim.size == 0 for dim in node.attr["value"].tensor.tensor_shape.dim)


def _renamed(name: str, replaced: dict[str, str]) -> str:
    """Name a function's result by the operation that now gives it: `a:product:0` as `a:z:0`."""
    source = source_of(name)
    if name.startswith("^") or source not in replaced or replaced[source] not in RESULTS:
        return name
    index = name.rpartition(":")[2] if ":" in name else "0"
    return f"{source}:{RESULTS[replaced[source]]}:{index}"
