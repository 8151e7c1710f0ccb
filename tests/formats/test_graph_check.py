"""A graph that came from outside is refused before TensorFlow sees it, unless it only computes."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.graphs.allowed_ops import SAVED_MODEL_OPS, TFJS_OPS
from marcelle_nb.formats.graphs.graph_check import check_graph
from tests.formats.graph_makers import FLOAT, INT, constant, function, graph, node, placeholder


def check(graph_def, allowed=TFJS_OPS, **options):
    check_graph(graph_def, allowed=allowed, what="model.json", **options)


def relu(name="y", source="x"):
    return node(name, "Relu", source, T=FLOAT)


def test_a_graph_that_computes_passes():
    check(graph(placeholder("x"), relu()))


@pytest.mark.parametrize(
    "op", ["WriteFile", "ReadFile", "PyFunc", "EagerPyFunc", "PrintV2", "Bogus"]
)
@pytest.mark.parametrize("allowed", [TFJS_OPS, SAVED_MODEL_OPS])
def test_what_does_more_is_refused_in_the_graph_and_in_functions(op, allowed):
    with pytest.raises(UnsafeModel, match=op):
        check(graph(node("y", op)), allowed)
    inside = function("f", node("z", op), relu(), result="y:activations:0")
    with pytest.raises(UnsafeModel, match=op):
        check(graph(placeholder("x"), relu(), functions=[inside]), allowed)


def test_trust_lets_operations_pass_but_not_sizes():
    check(graph(node("y", "WriteFile")), trust=True)
    with pytest.raises(ModelFormatError, match="at most"):
        check(asking_fill(10**8), trust=True)


def test_what_no_root_depends_on_is_not_looked_at():
    both = graph(placeholder("x"), relu(), node("save", "SaveV2"))
    check(both, roots=["y:0"])
    with pytest.raises(UnsafeModel, match="SaveV2"):
        check(both, roots=["y", "save"])
    with pytest.raises(ModelFormatError, match="expected a node 'z'"):
        check(both, roots=["z"])


def test_a_function_is_looked_at_where_a_root_calls_it():
    inside = function("f", node("z", "WriteFile"), relu(), result="y:activations:0")
    call = node("call", "PartitionedCall", "x", f="f")
    made = graph(placeholder("x"), call, relu(), functions=[inside])
    check(made, SAVED_MODEL_OPS, roots=["y"])
    with pytest.raises(UnsafeModel, match="WriteFile"):
        check(made, SAVED_MODEL_OPS, roots=["call"])


def asking_fill(n):
    return graph(
        constant("dims", [n], np.int32),
        constant("value", 1.0),
        node("y", "Fill", "dims", "value", T=FLOAT),
    )


def test_a_few_bytes_may_not_ask_for_400_megabytes():
    made = asking_fill(10**8)
    assert made.ByteSize() < 300
    with pytest.raises(ModelFormatError, match=r"asks for at most 67,.* bytes, got 400,"):
        check(made)
    check(asking_fill(10**6))


@pytest.mark.parametrize(
    ("op", "asked", "place"),
    [
        ("BroadcastTo", [10**5, 10**4], 1),
        ("Tile", [10**9], 1),
        ("ResizeBilinear", [10**5, 10**5], 1),
        ("Pad", [[0, 10**9]], 1),
        ("TensorListReserve", 10**9, 1),
        ("LinSpace", 10**9, 2),
        ("RandomUniform", [10**5, 10**5], 0),
        ("ScatterNd", [10**9], 2),
        ("OneHot", 10**9, 1),
        ("CropAndResize", [10**5, 10**5], 3),
    ],
)
def test_other_operations_may_not_ask_for_it_either(op, asked, place):
    inputs = ["x"] * place + ["asked"]
    made = graph(placeholder("x"), constant("asked", asked, np.int32), node("y", op, *inputs))
    with pytest.raises(ModelFormatError, match="asks for at most"):
        check(made)


def test_a_range_may_not_ask_for_it():
    ends = [constant(n, v, np.int32) for n, v in (("a", 0), ("b", 2**31 - 1), ("c", 1))]
    with pytest.raises(ModelFormatError, match="asks for at most"):
        check(graph(*ends, node("y", "Range", "a", "b", "c")))


def test_a_size_that_is_computed_from_constants_is_found():
    made = graph(
        constant("a", 30_000, np.int32),
        node("square", "Mul", "a", "a", T=INT),
        node("dims", "Pack", "square", T=INT, N=1),
        constant("value", 1.0),
        node("y", "Fill", "dims", "value", T=FLOAT),
    )
    with pytest.raises(ModelFormatError, match=r"got 3,600,"):
        check(made)


def test_a_size_in_a_function_is_found():
    body = [*asking_fill(10**8).node]
    body[2].input[:] = ["dims:output:0", "value:output:0"]
    with pytest.raises(ModelFormatError, match="asks for at most"):
        check(graph(placeholder("x"), functions=[function("f", *body, result="y:output:0")]))


def test_a_constant_may_not_be_larger_than_what_it_holds():
    large = constant("large", [1.0])
    large.attr["value"].tensor.tensor_shape.dim[0].size = 10**8
    with pytest.raises(ModelFormatError, match="asks for at most"):
        check(graph(large))


def test_what_the_file_holds_may_be_asked_for():
    check(asking_fill(10**8), declared=200 * 10**6)


@pytest.mark.parametrize("sizes", [[-2, 3], [2**40], [2**20, 2**20]])
def test_shapes_that_no_tensor_has_are_refused(sizes):
    bad = placeholder("x")
    bad.attr["shape"].shape.unknown_rank = False
    for size in sizes:
        bad.attr["shape"].shape.dim.add().size = size
    with pytest.raises(ModelFormatError, match="shape of at most"):
        check(graph(bad))


def test_a_circle_is_refused():
    with pytest.raises(ModelFormatError, match="no circle of nodes"):
        check(graph(relu("a", "b"), relu("b", "a")))


def test_thousands_of_nodes_in_a_circle_are_refused():
    nodes = [relu(f"n{i}", f"n{(i + 1) % 20_000}") for i in range(20_000)]
    with pytest.raises(ModelFormatError, match="no circle of nodes"):
        check(graph(*nodes))


def test_a_long_chain_passes():
    nodes = [relu(f"n{i}", f"n{i + 1}") for i in range(20_000)]
    check(graph(*nodes, placeholder("n20000")))


def test_a_loop_takes_one_value_and_its_next():
    loop = [
        node("merge", "Merge", "x", "next", T=FLOAT, N=2),
        node("next", "NextIteration", "merge", T=FLOAT),
    ]
    check(graph(placeholder("x"), *loop))
    loop[0].input.append("x")
    with pytest.raises(ModelFormatError, match="a value and its next one"):
        check(graph(placeholder("x"), *loop))


def test_an_edge_leads_to_a_node():
    with pytest.raises(ModelFormatError, match="expected 'y' to take a node of the graph, got 'z'"):
        check(graph(relu("y", "z:3")))


def test_nodes_and_functions_have_names_of_their_own():
    with pytest.raises(ModelFormatError, match="names of their own"):
        check(graph(placeholder("x"), placeholder("x")))
    twice = function("f", result="x")
    with pytest.raises(ModelFormatError, match="names of their own"):
        check(graph(functions=[twice, twice]))


def test_functions_do_not_call_themselves():
    a = function("a", node("z", "StatelessIf", "x", then_branch="b", else_branch="b"), result="z")
    b = function("b", node("z", "StatelessIf", "x", then_branch="a", else_branch="a"), result="z")
    with pytest.raises(ModelFormatError, match="do not call themselves"):
        check(graph(placeholder("x"), functions=[a, b]))


def test_calls_do_not_multiply_without_end():
    functions = [
        function(f"f{i}", node("z", "StatelessIf", "x", then_branch=f"f{i + 1}",
                               else_branch=f"f{i + 1}"), result="z")
        for i in range(40)
    ]  # fmt: skip
    functions.append(function("f40", relu("z"), result="z"))
    with pytest.raises(ModelFormatError, match="with all calls written out"):
        check(graph(placeholder("x"), functions=functions))


def test_a_called_function_is_there():
    call = node("y", "StatelessIf", "x", then_branch="nothing", else_branch="nothing")
    with pytest.raises(ModelFormatError, match="expected 'y' to call a function of the graph"):
        check(graph(placeholder("x"), call))


def test_allowed_operations_touch_nothing_outside_the_graph():
    touching = {
        *("WriteFile", "ReadFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc"),
        *("SaveV2", "RestoreV2", "PrintV2", "RecordInput", "ImmutableConst", "RemoteCall", "Send"),
        *("FixedUnigramCandidateSampler", "DecodeProtoV2", "DebugIdentityV2", "XlaCallModule"),
        *("InitializeTableFromTextFileV2", "TextLineDataset", "LoadAndRemapMatrix", "RpcClient"),
    }
    assert not touching & (SAVED_MODEL_OPS | TFJS_OPS)


@pytest.mark.parametrize(
    ("made", "attribute"),
    [
        (node("y", "AddN", "x", "x", T=FLOAT, N=10**8), "N"),
        (node("y", "AddN", "x", "x", T=FLOAT, N=-1), "N"),
        (node("y", "Split", "x", "x", T=FLOAT, num_split=10**8), "num_split"),
        (node("y", "Unpack", "x", T=FLOAT, num=10**8), "num"),
    ],
)
def test_nodes_do_not_count_more_than_is_there(made, attribute):
    with pytest.raises(ModelFormatError, match=f"to count at most .* by '{attribute}'"):
        check(graph(placeholder("x"), made))
