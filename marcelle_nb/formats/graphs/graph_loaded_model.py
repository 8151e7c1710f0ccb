"""A model that is a graph: TensorFlow runs what its outputs need, and any node on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.argument_names import identifiers
from marcelle_nb.formats.graphs.compiled_graph import CompiledGraph
from marcelle_nb.formats.graphs.graph_bodies import source_of
from marcelle_nb.formats.graphs.large_weights import take_constants
from marcelle_nb.formats.graphs.needed_nodes import check_fed
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from marcelle_nb.formats.graphs.hash_tables import HashTables

    Arrays = list[NDArray[Any]]

NARROW = {
    **dict.fromkeys(("int64", "uint8", "int8", "int16", "uint16"), "int32"),
    **dict.fromkeys(("float64", "float16"), "float32"),
    "complex128": "complex64",
}
"""The types of TensorFlow.js by those of NumPy, where they differ."""


class GraphLoadedModel(LoadedModel):
    """A model given as a graph of TensorFlow's operations.

    Any node is an output on request: `model(x, outputs=["MobilenetV2/Logits/AvgPool"])`, with
    `:1` behind the name for a second result.

    Parameters
    ----------
    format : str
        As `LoadedModel.format`.
    graph_def : GraphDef
        What `check_graph` passed; it is taken over, and changed.
    feeds, fetches : mapping of str to str
        The names of inputs and outputs, in order, with those of their tensors, as `"x:0"`.
    shapes : mapping of str to tuple, optional
        Shapes by name of input or output, where the graph does not tell them.
    tables : HashTables, optional
        Filled before the first prediction.
    weights : dict of str to numpy.ndarray, optional
        What placeholders of the graph hold that are no inputs; it is emptied.
    what : str
        What messages call the file.
    **about
        `size`, `labels`, `metadata`, `ops` of `LoadedModel`.

    Attributes
    ----------
    feeds, fetches : dict of str to str
    graph : tf.Graph
        The graph as TensorFlow took it.

    Raises
    ------
    ModelFormatError
        If TensorFlow does not take the graph.
    """

    def __init__(
        self,
        format: str,
        graph_def: Any,
        *,
        feeds: Mapping[str, str],
        fetches: Mapping[str, str],
        shapes: Mapping[str, tuple[int | None, ...] | None] | None = None,
        tables: HashTables | None = None,
        weights: dict[str, NDArray[Any]] | None = None,
        what: str = "graph",
        **about: Any,
    ) -> None:
        self.feeds = dict(feeds)
        self.fetches = dict(fetches)
        self._what = what
        self._tables = tables
        self._narrow = narrow = format == "tfjs-graph"
        about.setdefault("ops", _counted(graph_def))
        held = {} if weights is None else weights
        held.update(take_constants(graph_def))
        check_fed(graph_def, [*self.feeds.values(), *held], self.fetches.values(), what)
        self._compiled = CompiledGraph(graph_def, self.feeds, held, what)
        self.graph = self._compiled.graph
        known = shapes or {}
        super().__init__(
            format,
            inputs=[self._spec(name, tensor, known) for name, tensor in self.feeds.items()],
            outputs=[
                self._spec(name, tensor, known, narrow=narrow)
                for name, tensor in self.fetches.items()
            ],
            **about,
        )

    @property
    def graph_def(self) -> Any:
        """The graph as it runs, with all its constants: a new copy each time."""
        return self._compiled.graph_def

    def fill_tables(self) -> None:
        """Fill the model's hash tables, unless that was done."""
        if self._tables is not None:
            self._tables.fill()

    def tf_function(self) -> Callable[..., Any]:
        """Give a `tf.function` from the inputs in order to the list of outputs."""
        import tensorflow as tf

        self.fill_tables()
        # converters compute on constants, and know some only where they stand
        function = self._compiled.function(tuple(self.fetches.values()), shown=True)
        names = identifiers([spec.name for spec in self.inputs], "input")
        signature = [
            tf.TensorSpec(spec.shape, spec.dtype, name=name)
            for spec, name in zip(self.inputs, names, strict=True)
        ]

        def predict(*tensors: Any) -> list[Any]:
            return list(function(*tensors))

        made: Callable[..., Any] = tf.function(predict, input_signature=signature, autograph=False)
        return made

    def _run(self, arrays: Arrays, outputs: Sequence[str] | None) -> Arrays:
        import tensorflow as tf

        names = tuple(
            self.fetches.values() if outputs is None else (self._tensor_name(n) for n in outputs)
        )
        self.fill_tables()
        function = self._compiled.function(names)
        tensors = [
            tf.constant(array, spec.dtype) for array, spec in zip(arrays, self.inputs, strict=True)
        ]
        try:
            results = [tensor.numpy() for tensor in function(*tensors)]
        except tf.errors.OpError as error:
            raise ValueError(
                f"{self._what}: expected inputs that the graph takes, got {error.message[:500]}"
            ) from error
        return [self._narrowed(np.asarray(result)) for result in results]

    def _bound(self, given: Sequence[Any], named: Mapping[str, Any]) -> Arrays:
        """Take inputs by the names of their nodes too, and defaults for those that have one."""
        aliases = {source_of(tensor): name for name, tensor in self.feeds.items()}
        aliases |= {name: name for name in self.feeds}
        named = {aliases.get(name, name): value for name, value in named.items()}
        missing = [name for name in [*self.feeds][len(given) :] if name not in named]
        defaults = {name: self._default(self.feeds[name]) for name in missing}
        found = {name: value for name, value in defaults.items() if value is not None}
        return super()._bound(given, {**named, **found})

    def _default(self, tensor_name: str) -> Any:
        from tensorflow.python.framework import tensor_util

        operation = self.graph.get_tensor_by_name(tensor_name).op
        if operation.type != "PlaceholderWithDefault":
            return None
        return tensor_util.constant_value(operation.inputs[0])

    def _narrowed(self, array: NDArray[Any]) -> NDArray[Any]:
        wanted = NARROW.get(array.dtype.name) if self._narrow else None
        return array if wanted is None else array.astype(wanted)

    def _tensor_name(self, name: str) -> str:
        if name in self.fetches:
            return self.fetches[name]
        tensor = name if ":" in name else f"{name}:0"
        if self._compiled.tensor(tensor) is None:
            raise ValueError(
                f"outputs: expected names of outputs {list(self.fetches)} or of nodes, "
                f"got {name!r:.100}"
            )
        return tensor

    def _spec(
        self,
        name: str,
        tensor_name: str,
        shapes: Mapping[str, tuple[int | None, ...] | None],
        *,
        narrow: bool = False,
    ) -> TensorSpec:
        tensor = self._compiled.tensor(tensor_name)
        if tensor is None:
            raise ModelFormatError(
                f"{self._what}: expected a tensor {tensor_name!r:.100} for {name!r:.100}, got none"
            )
        dtype = tensor.dtype.name
        shape = shapes.get(name) if tensor.shape.rank is None else tuple(tensor.shape.as_list())
        return TensorSpec(name, shape, NARROW.get(dtype, dtype) if narrow else dtype)


def _counted(graph_def: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for nodes in (graph_def.node, *(f.node_def for f in graph_def.library.function)):
        for node in nodes:
            counts[node.op] = counts.get(node.op, 0) + 1
    return counts
