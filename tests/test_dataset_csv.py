import contextlib
import io
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.data import dataset_csv
from marcelle_nb.data.dataset_csv import read_csv, write_csv
from marcelle_nb.errors import DatasetFormatError

LABELS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def written(instances):
    file = io.BytesIO()
    write_csv(instances, file)
    return file.getvalue()


def rows_of(data, **options):
    return list(read_csv(io.BytesIO(data), **options))


@given(st.lists(st.tuples(LABELS, st.tuples(FINITE, FINITE)), max_size=5))
def test_labels_and_numbers_come_back(rows):
    back = rows_of(written({"x": np.array(x), "y": y} for y, x in rows))
    assert [(row["y"], tuple(row["x"])) for row in back] == rows


def test_a_table_of_somebody_else_names_its_own_columns():
    data = b"\xef\xbb\xbfsepal.length;note;class\n5.1;tall;setosa\n\n4.9;;versi\n"
    (first, second) = rows_of(data, columns=["sepal.length"])
    assert (first["y"], first["note"], first["x"].tolist()) == ("setosa", "tall", [5.1])
    assert (second["y"], second["note"], second["x"].tolist()) == ("versi", "", [4.9])


def test_the_order_of_columns_is_the_callers():
    (row,) = rows_of(b"a,b,kind\n1,2,k\n", label="kind", columns=["b", "a"])
    assert row["x"].tolist() == [2, 1]


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\n\n\n"])
def test_a_table_of_no_instances_has_no_columns_of_numbers(end):
    assert written([]) == b"y\r\n"
    assert rows_of(b"y" + end) == rows_of(b"kind" + end, label="kind") == []
    with pytest.raises(DatasetFormatError, match=r"columns: expected some of .* got \['a'\]"):
        rows_of(b"y" + end, columns=["a"])


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (b"", {}, "label: expected a column called y or label"),
        (b"a,b\n1,2\n", {}, "say which with label="),
        (b"a,b\n1,2\n", {"label": "c"}, r"expected one of the columns \['a', 'b'\], got 'c'"),
        (b"a,y\n1,2\n", {"columns": ["b"]}, r"columns: expected some of .* got \['b'\]"),
        (b"y\nk\n", {}, "columns: expected"),
        (b"y,a,a\nk,1,2\n", {}, "expected each name once, got 'a' again"),
        (b"y,a\nk,1\nk,one\n", {}, "a, line 3: expected a number, got 'one'"),
        (b"y,a\nk,nan\n", {}, "a, line 2: expected a number, got 'nan'"),
        (b"y,a\nk,\n", {}, "a, line 2: expected a number, got ''"),
        (b"y,a\nk,1,2\n", {}, "line 2: expected 2 cells, got 3"),
        (b"y,a\n\xff\xfe,1\n", {}, "expected UTF-8"),
        (b'y,a\n"k,1\n', {}, "expected UTF-8 with a header"),
    ],
)
def test_what_is_no_such_table_is_refused(data, options, message):
    with pytest.raises(DatasetFormatError, match=message):
        rows_of(data, **options)


def test_what_is_no_row_of_numbers_is_not_written():
    with pytest.raises(DatasetFormatError, match="a zip archive holds arrays and images"):
        written([{"x": np.zeros((2, 2, 3), np.uint8)}])
    with pytest.raises(DatasetFormatError, match="instance 'k': expected 1 numbers, got 2"):
        written([{"x": np.zeros(1)}, {"id": "k", "x": np.zeros(2)}])


class Endless(io.RawIOBase):
    """A file that goes on and on after its beginning, and counts what is read of it."""

    def __init__(self, start, more):
        self.start, self.more, self.n_bytes = start, more, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self.at = offset
        return offset

    at = 0

    def tell(self):
        return self.at

    def read(self, size=-1):
        size = min(size, 2**16)
        data = self.start[self.at : self.at + size]
        data += (self.more * (1 + size // len(self.more)))[: size - len(data)]
        self.at += len(data)
        self.n_bytes += len(data)
        return data

    read1 = read


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"", b"a"),
        (b"", b","),
        (b"y,a\n", b"1"),
        (b"y,a\n", b"1,"),
        (b'y,a\n"', b"k"),
        (b'y,a\n"', b"\n"),
        (b'y,a\n"', b'\n","'),
        (b'y,a\n"', b'""'),
        (b"y,a\n", b"\0"),
        (b"", b"\0\n"),
        (b"y,a\n", b"\r"),
        (b"y,a\nk,", b"\xc3\xa9"),
    ],
)
def test_one_row_takes_so_much_and_no_more(start, more, monkeypatch):
    monkeypatch.setattr(dataset_csv, "MAX_ROW", 2**20)
    file: Any = Endless(start, more)
    if more == b"\r":
        file.more = more * 100 + b"x"  # empty lines are no row, but what follows is
    tracemalloc.start()
    with pytest.raises(DatasetFormatError):
        list(read_csv(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.n_bytes < 2**23
    assert peak < 60 * 2**20


def test_a_hundred_thousand_columns_are_read_and_refused_in_a_moment():
    names = [f"x{number}" for number in range(100_000)]
    start = time.process_time()
    data = f"{','.join(names)},y\n{'1,' * 100_000}k\n".encode()
    (row,) = rows_of(data)
    assert (row["x"].shape, row["y"]) == ((100_000,), "k")
    (row,) = rows_of(data, columns=names[:-1])
    assert (row["x"].shape, row["x99999"]) == ((99_999,), "1")
    with pytest.raises(DatasetFormatError) as error:
        rows_of(data, label="z")
    with pytest.raises(DatasetFormatError, match="expected each name once, got 'x0' again"):
        rows_of(b"x0," + data)
    assert len(str(error.value)) < 400
    assert time.process_time() - start < 10


def test_a_cell_beyond_the_limit_of_python_is_refused():
    with pytest.raises(DatasetFormatError, match="field larger than field limit"):
        rows_of(b"y,a\n" + b"k" * 200_000 + b",1\n")


def test_a_row_that_would_not_be_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr(dataset_csv, "MAX_ROW", 100)
    with pytest.raises(DatasetFormatError, match=r"instance 'k': .* at most 100 characters"):
        written([{"id": "k", "x": np.ones(50)}])


@given(st.binary(max_size=200) | st.text("y,;\t\"'\r\n1 \0", max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_refused(data):
    for start in (b"", b"y,a\n"):
        with contextlib.suppress(DatasetFormatError):
            rows_of(start + data)


@pytest.mark.parametrize("cell", ["1_000", "١٢", "1e400", "nan", ""])
def test_what_python_alone_takes_for_a_number_is_refused(cell):
    with pytest.raises(DatasetFormatError, match="x0, line 2: expected a number"):
        list(read_csv(io.BytesIO(f"y,x0\na,{cell}\n".encode())))


@pytest.mark.parametrize("x", [[[1, 2], [3]], ["a"], None, {"a": 1}])
def test_a_row_without_a_vector_is_named(x):
    for row in ({"id": "k", "y": "a", "x": x}, {"id": "k", "y": "a"}):
        with pytest.raises(DatasetFormatError, match="x of instance 'k': expected a vector"):
            write_csv([row], io.BytesIO())
