"""What a file tells beyond the model is written, read again, and checked."""

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import (
    MAX_BYTES,
    checked_description,
    description,
    description_json,
    parse_description,
)

TOLD = {
    "input_range": (-1.0, 1.0),
    "crop": "center",
    "image_size": (224, 224),
    "task": "classification",
}


def read(data):
    return checked_description(parse_description(data, "m"), "m")


def test_what_is_written_is_read_again():
    content = description(["Kätzchen", "a\nb"], {**TOLD, "size": 3})
    assert content == {**TOLD, "labels": ["Kätzchen", "a\nb"]}
    assert read(description_json(content)) == content
    assert description(None, {}) == {}


def test_range_may_go_down():
    assert read(b'{"input_range": [1, -1]}') == {"input_range": (1.0, -1.0)}


def test_names_that_would_not_be_read_again_are_refused():
    with pytest.raises(ValueError, match=r"labels: expected names of up to 1,000 char.* 1,001"):
        description(["a", "x" * 1001], {})
    assert read(description_json(description(["x" * 1000], {})))["labels"] == ["x" * 1000]


@pytest.mark.parametrize(
    "content",
    ['{"labels": "abc"}', '{"labels": [["a"]]}', '{"task": "dance"}', '{"task": [1]}', '{"x": 1}'],
)
def test_words_of_other_software_are_left_alone(content):
    assert read(content) == {}


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        "3",
        '{"input_range": [1, 1]}',
        '{"input_range": [0, "1"]}',
        '{"input_range": [0]}',
        '{"input_range": [false, true]}',
        '{"input_range": [0, 1e999]}',
        '{"input_range": [0, NaN]}',
        f'{{"input_range": [0, 1{"0" * 400}]}}',
        f'{{"input_range": [0, 1{"0" * 5000}]}}',
        '{"crop": "left"}',
        '{"crop": ["center"]}',
        '{"image_size": 224}',
        '{"image_size": [1.5, 2]}',
        '{"image_size": [0, 2]}',
        '{"image_size": [100000, 2]}',
        "[" * 200 + "]" * 200,
        '{"a": 1, "a": 2}',
        " " * (MAX_BYTES + 1),
        "\ud800",
    ],
)
def test_description_that_says_something_else_is_refused(content):
    with pytest.raises(ModelFormatError, match=r"^m: "):
        read(content)


def test_a_version_of_image_features_is_told_where_it_is_a_text():
    assert description(None, {"features": "fixed-1"}) == {"features": "fixed-1"}
    assert checked_description({"features": "fixed-1"}, "f") == {"features": "fixed-1"}
    for other in (3, None, ["fixed-1"], "x" * 1001):
        assert checked_description({"features": other}, "f") == {}
