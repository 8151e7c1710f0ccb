import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.labels import find_labels, parse_labels, told_labels
from marcelle_nb.formats.model_files import ModelFiles


@pytest.mark.parametrize(
    ("text", "labels", "is_numbered"),
    [
        ("0 cat\n1 hot dog\n", ["cat", "hot dog"], True),
        ("0 Class 1\r\n1 Class 2\r\n", ["Class 1", "Class 2"], True),
        ("cat\n\n  dog  \n", ["cat", "dog"], False),
        ("1 cat\n2 dog\n", ["1 cat", "2 dog"], False),
        ("0 cat\ndog\n", ["0 cat", "dog"], False),
        ("0\n1\n", ["0", "1"], False),
        ("", [], False),
    ],
)
def test_names_are_read_with_or_without_numbers(text, labels, is_numbered):
    assert parse_labels(text, "labels.txt") == (labels, is_numbered)


def test_names_lie_beside_the_model():
    files = ModelFiles({"a/m.h5": b"", "a/labels.txt": b"x", "labels.txt": b"y"})
    assert find_labels(files, "a/m.h5") == ("a/labels.txt", ["x"], False)
    assert find_labels(files, "m.h5") == ("labels.txt", ["y"], False)
    assert find_labels(ModelFiles({"m.h5": b""}), "m.h5") is None


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"x" * 3000, b"x\n" * 600_000])
def test_file_that_holds_no_names_is_refused(content):
    with pytest.raises(ModelFormatError, match=r"labels.txt: expected"):
        find_labels(ModelFiles({"m.h5": b"", "labels.txt": content}), "m.h5")


@pytest.mark.parametrize(
    ("told", "labels"),
    [
        (["a", "b"], ["a", "b"]),
        (("a", 1, 2.5), ["a", "1", "2.5"]),
        ({"10": "k", "9": "j"}, ["j", "k"]),
        ([], None),
        (None, None),
        ("ab", None),
        (["a", None], None),
        (["a", True], None),
        (["a", ["b"]], None),
        (["x" * 3000], None),
        ({"a": "b"}, None),
    ],
)
def test_names_in_metadata_are_taken_or_left_alone(told, labels):
    assert told_labels(told) == labels


def test_number_of_thousands_of_digits_is_a_name_like_others():
    digits = "9" * 900
    assert parse_labels(f"{digits} a\n", "x") == ([f"{digits} a"], False)
    with pytest.raises(ModelFormatError, match="names of up to"):
        parse_labels("9" * 5_000 + " a\n", "x")
