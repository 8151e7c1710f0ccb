import pytest

from marcelle_nb.formats.source_options import check_source_options, source_options, told_format


def test_only_what_was_given_is_given_on_and_a_text_is_one_name():
    assert source_options(signature=None, tags=None) == {}
    given = source_options(signature="s", tags="serve", output_nodes=("a", "b"))
    assert given == {"signature": "s", "tags": ["serve"], "output_nodes": ["a", "b"]}


@pytest.mark.parametrize("option", [{"signature": 1}, {"tags": 3}, {"input_nodes": [None]}])
def test_option_of_another_type_is_refused_by_name(option):
    with pytest.raises(TypeError, match=rf"^{next(iter(option))}: expected"):
        source_options(**option)


@pytest.mark.parametrize(
    ("format", "option"),
    [
        ("saved-model", "output_nodes"),
        ("frozen-graph", "signature"),
        ("frozen-graph", "tags"),
        ("tflite", "tags"),
        ("onnx", "signature"),
        ("keras", "input_nodes"),
    ],
)
def test_option_of_another_format_is_refused_by_name(format, option):
    with pytest.raises(ValueError, match=rf"^{option}: expected with another format, got {format}"):
        check_source_options(format, {option: ["x"]})


@pytest.mark.parametrize("names", [[], [""]])
def test_names_that_are_none_are_refused(names):
    with pytest.raises(ValueError, match=r"^output_nodes: expected at least one name"):
        check_source_options("frozen-graph", {"output_nodes": names})


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("https://a.example/m.h5?x=1", "h5"),
        ("https://a.example/saved_model.pb", "saved-model"),
        ("https://a.example/my_saved_model.pb", "frozen-graph"),
        ("https://a.example/model.zip", None),
        ("m.h5", None),
        (b"", None),
    ],
)
def test_address_tells_its_format_and_a_file_here_does_so_itself(source, told):
    assert told_format(source) == told


def test_format_that_was_named_counts():
    assert told_format("https://a.example/m.h5", "onnx") == "onnx"
    with pytest.raises(ValueError, match=r"format: expected one of .*, got 'caffe'"):
        told_format("x", "caffe")


def test_address_that_is_none_tells_no_format():
    assert told_format("file://[") is None
