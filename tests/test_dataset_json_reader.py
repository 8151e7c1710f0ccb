import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from marcelle_nb.data import dataset_json, dataset_json_reader
from marcelle_nb.data.dataset_json_reader import read_json
from marcelle_nb.errors import DatasetFormatError
from tests.json_datasets import rows_of, written

FILE = Path(__file__).parent / "fixtures" / "marcelle" / "dataset" / "dataset-train-set.json"


def test_a_file_of_marcelle_is_read_as_any_json_reader_reads_it():
    with FILE.open("rb") as file:
        assert list(read_json(file)) == json.loads(FILE.read_text("utf-8"))["instances"]


def test_a_typed_array_of_marcelle_is_a_list():
    row = b'{"instances": [{"x": {"0": 0.5, "1": 1, "2": -2.5}, "y": {"0": 1}}]}'
    assert rows_of(row) == [{"x": [0.5, 1, -2.5], "y": {"0": 1}}]


@pytest.mark.parametrize("x", [{}, {"data": {"0": 7}}, {"1": 7}, {"0": 1, "2": 1}, {"01": 1}])
def test_an_image_that_marcelle_lost_is_refused_by_its_id(x):
    row = json.dumps({"instances": [{"id": "a1", "x": x}]}).encode()
    with pytest.raises(DatasetFormatError, match=r"x of instance 'a1': .* only vectors"):
        rows_of(row)


def test_keys_may_stand_in_any_order_and_look_like_the_files_own():
    row = b'{"instances.item": {"instances": [2]}}'
    meta = b'"marcelleMeta": {"type": "dataset"}'
    data = b'\xef\xbb\xbf{"z": [[{"instances": [1]}]], "instances": [' + row + b"], " + meta + b"}"
    assert rows_of(data) == [{"instances.item": {"instances": [2]}}]


def test_instances_are_read_one_at_a_time():
    data = written({"x": [0.0] * 1_000} for _ in range(500))
    tracemalloc.start()
    count = sum(1 for _ in read_json(io.BytesIO(data)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 500
    assert peak < len(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a JSON file"),
        (b"PK\x03\x04", "expected a JSON file"),
        (b"\xff\xfe{", "expected a JSON file"),
        (b'{"instances": [{"a": 1}', "expected a JSON file"),
        (b'{"instances": []} more', "expected a JSON file"),
        (b'{"instances": [{"a": NaN}]}', "expected a JSON file"),
        (b"[]", "expected a JSON object"),
        (b"{}", 'expected a list "instances"'),
        (b'{"a": {"instances": []}}', 'expected a list "instances"'),
        (b'{"instances": {}}', "instances: expected a list"),
        (b'{"instances": [3]}', "instances: expected a JSON object, got 3"),
        (b'{"instances": [[]]}', "instances: expected a JSON object"),
        (b'{"marcelleMeta": {"type": "model"}}', "expected type 'dataset', got 'model'"),
        (b'{"marcelleMeta": 3}', "marcelleMeta: expected a JSON object, got 3"),
        (b'{"instances": [' + b"[" * 100_000, "expected at most 40 levels"),
        (b'{"instances": [{"id": "k", "x": "data:image/png;base64,AAAA"}]}', "x of instance 'k'"),
        (b'{"instances": [{"x": "data:image/png;base64,A"}]}', "expected an image"),
    ],
)
def test_what_is_no_dataset_is_refused(data, message):
    with pytest.raises(DatasetFormatError, match=message):
        rows_of(data)


def peak_of(function):
    """Give the most memory that a function takes, in bytes, and the error that it raises."""
    tracemalloc.start()
    try:
        with pytest.raises(DatasetFormatError) as error:
            function()
        return tracemalloc.get_traced_memory()[1], str(error.value)
    finally:
        tracemalloc.stop()


class Endless(io.RawIOBase):
    """A file that goes on and on after its beginning, and counts what is read of it."""

    def __init__(self, start, more):
        self.left, self.more, self.n_bytes = start, more, 0

    def read(self, size=-1):
        while len(self.left) < size:
            self.left += self.more * (1 + size // len(self.more))
        data, self.left = self.left[:size], self.left[size:]
        self.n_bytes += len(data)
        return data

    def seek(self, *_):
        raise AssertionError

    def __iter__(self):
        raise AssertionError


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b'{"instances": [{"x": [1], "y": "', b"a"),
        (b'{"instances": [{"x": [1], "', b"a"),
        (b'{"instances": [{"x": [1', b",1"),
        (b'{"instances": [{"x": [1', b",[]"),
        (b'{"instances": [{"x": [1],', b'"a":0,'),
        (b'{"instances": [', b" "),
        (b'{"other": ["', b"a"),
        (b'{"instances": [{"x": [1]}]', b" "),
        (b'{"marcelleMeta": {"', b"a"),
    ],
)
def test_one_instance_takes_so_much_and_no_more(start, more, monkeypatch):
    monkeypatch.setattr(dataset_json_reader, "MAX_BYTES", 2**22)
    monkeypatch.setattr(dataset_json_reader, "MAX_VALUES", 2**17)
    file: Any = Endless(b"\xef\xbb\xbf" + start, more)
    peak, message = peak_of(lambda: list(read_json(file)))
    assert "expected" in message
    assert file.n_bytes <= 2**22 + 4 * 2**20
    assert peak < 60 * 2**20


def test_many_instances_may_together_be_more_than_one(monkeypatch):
    for module in (dataset_json, dataset_json_reader):
        monkeypatch.setattr(module, "MAX_BYTES", 2**20)
        monkeypatch.setattr(module, "MAX_VALUES", 100)
    rows = [{"y": "a" * 500_000, "x": [1] * 30}] * 20
    assert rows_of(written(rows)) == rows


class InPieces(io.BytesIO):
    """A file that counts how often it is read."""

    n_pieces = 0

    def read(self, size=-1):
        self.n_pieces += 1
        return super().read(size)


def test_a_long_text_is_read_in_few_pieces_for_each_goes_through_it_again():
    file = InPieces(written([{"y": "a" * 40_000_000}]))
    assert len(next(read_json(file))["y"]) == 40_000_000
    assert file.n_pieces < 100


def of_one(x, k="1", y='"a"'):
    """Write a file of one instance with these literals in it."""
    return f'{{"instances": [{{"x": [1], "y": "b"}}, {{"x": {x}, "k": {k}, "y": {y}}}]}}'.encode()


def last_read(data):
    return list(read_json(io.BytesIO(data)))[-1]


@pytest.mark.parametrize(
    "number", [1e16, 1e20, 2.0**53 + 2, 2.0**63, 2.0**64, -(2.0**64), 1.5e22, 1e300]
)
def test_whole_numbers_of_javascript_are_doubles_however_large(number):
    text = f"{number:.0f}"  # as `JSON.stringify` does, up to 1e21
    row = last_read(of_one(f"[1, 0.5, {text}]", text))
    assert row["x"] == [1, 0.5, number]
    assert row["k"] == number
    assert type(row["k"]) is float


def test_whole_numbers_that_are_exact_stay_whole():
    assert type(last_read(of_one("[1]", f"{2**53}"))["k"]) is int
    assert last_read(of_one(f"[{2**70}]", f"{-(2**53)}"))["k"] == -(2**53)


@pytest.mark.parametrize("number", ["9" * 309, "9" * 400, "9" * 5_000, "-" + "9" * 5_000, "1e400"])
def test_numbers_beyond_doubles_are_refused(number):
    for data in (of_one(f"[{number}]"), of_one("[1]", number), of_one(f"[{2**70}]", number)):
        with pytest.raises(DatasetFormatError, match=r"within 1.8e308|4,300 digits|overflow"):
            last_read(data)


@pytest.mark.parametrize("half", [r"\ud800", r"\uDFFF", r"\udc00\ud800", r"\ud83d\ud83d\ude00"])
@pytest.mark.parametrize("before", ["", "\\\\", r"\n\ud83d\ude00", "é"])
def test_half_a_surrogate_pair_is_refused_and_not_made_a_question_mark(half, before, monkeypatch):
    for piece in (1, 7, 2**20):
        monkeypatch.setattr(dataset_json_reader, "_PIECE", piece)
        with pytest.raises(DatasetFormatError, match=r"lone surrogates|can't decode"):
            last_read(of_one("[1]", f'"{before}{half}"'))


@pytest.mark.parametrize("text", ["😀", r"\ud800", r"\\ud800", r"\ud83d\ude00", "ÿ" * 30])
def test_whole_pairs_and_what_looks_like_half_of_one_are_texts(text, monkeypatch):
    for piece in (1, 7, 2**20):
        monkeypatch.setattr(dataset_json_reader, "_PIECE", piece)
        for quoted in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
            assert last_read(of_one("[1]", quoted, json.dumps("😀" * 9)))["k"] == text
