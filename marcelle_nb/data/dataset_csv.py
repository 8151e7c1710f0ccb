"""Datasets as a table of comma-separated values: a column for the label, one for each number."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import DatasetFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LABEL_COLUMNS = ("y", "label", "class", "target")
"""What the column of labels is called where nobody says so, in the order in which it is sought."""

MAX_ROW = 2**24
"""The characters of one row, which may go over several lines."""


def write_csv(instances: Iterable[Mapping[str, Any]], file: IO[bytes]) -> None:
    """Write the label and the numbers of instances, one row after another.

    Parameters
    ----------
    instances : iterable of dict
        With vectors as `x`, all of one length. Read once, and not kept.
    file : binary file
        Gets UTF-8, with a header: `y`, `x0`, `x1` and so on; of no instances `y` alone.

    Raises
    ------
    DatasetFormatError
        If an `x` is no vector, or not as long as the first, or a row is beyond `MAX_ROW`.
    """
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    rows = iter(instances)
    first = next(rows, None)
    length = 0 if first is None else len(_vector(first))
    writer.writerow(["y", *(f"x{i}" for i in range(length))])
    for instance in chain([] if first is None else [first], rows):
        vector = _vector(instance)
        if len(vector) != length:
            raise DatasetFormatError(
                f"x of instance {instance.get('id')!r}: expected {length} numbers,"
                f" got {len(vector)}"
            )
        label = instance.get("y")
        n_written = writer.writerow(["" if label is None else label, *vector.tolist()])
        if n_written > MAX_ROW:
            raise DatasetFormatError(
                f"instance {instance.get('id')!r}: expected a row of at most {MAX_ROW:,}"
                f" characters, got {n_written:,}; a zip archive holds large arrays"
            )
    text.detach()


def read_csv(
    file: IO[bytes], label: str | None = None, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Read instances one after another from a table with a header.

    Parameters
    ----------
    file : binary file
        UTF-8; separated by commas, semicolons or tabs.
    label : str, optional
        The column of labels; without, one called as in `LABEL_COLUMNS`. An empty cell is no label.
    columns : sequence of str, optional
        The columns of numbers, in the order wanted; without, all but the label's.

    Yields
    ------
    dict
        `x`, float64, shape (n,), and `y`; a column that is neither becomes a key of its own, as
        text.

    Raises
    ------
    DatasetFormatError
        If it is no such table, a column is missing, or a cell is no finite number; the line is
        named.
    """
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        delimiter = _delimiter(text)
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header = next(reader, [])
        label = _label_column(header, label)
        names = [name for name in header if name != label] if columns is None else list(columns)
        if header == [label] and columns is None and not any(reader):  # of no instances
            return
        _check_columns(header, names)
        place_of = {name: place for place, name in enumerate(header)}
        places = [place_of[name] for name in names]
        taken = {label, *names}
        others = [(name, place) for name, place in place_of.items() if name not in taken]
        lines.start_row()
        for row in reader:
            lines.start_row()
            if row:
                yield _instance(row, reader.line_num, header, place_of[label], places, others)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DatasetFormatError(f"table: expected UTF-8 with a header, got {error}") from error
    finally:
        text.detach()


class _Lines:
    """The lines of a table, and not too much of them for one row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._n_left = MAX_ROW

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(self._n_left + 1):
            self._n_left -= len(line)
            if self._n_left < 0:
                raise DatasetFormatError(
                    f"table: expected rows of at most {MAX_ROW:,} characters, got a longer one"
                )
            if "\0" in line:
                raise DatasetFormatError(f"table: expected text without NUL, got {line!a:.80}")
            yield line

    def start_row(self) -> None:
        self._n_left = MAX_ROW


def _instance(
    row: list[str],
    line: int,
    header: list[str],
    label: int,
    numbers: list[int],
    others: list[tuple[str, int]],
) -> dict[str, Any]:
    """Read a row: its label and its numbers are in these places, and others with names."""
    if len(row) != len(header):
        raise DatasetFormatError(f"line {line}: expected {len(header)} cells, got {len(row)}")
    x = np.array([_number(row[place], header[place], line) for place in numbers])
    return {**{name: row[place] for name, place in others}, "x": x, "y": row[label] or None}


def _vector(instance: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    try:
        x = np.asarray(instance.get("x"))
    except ValueError:  # lists of different lengths
        x = np.zeros((0, 0))
    if x.ndim != 1 or x.dtype.kind not in "biuf":
        raise DatasetFormatError(
            f"x of instance {instance.get('id')!r}: expected a vector for a table, got shape"
            f" {x.shape} of {x.dtype}; a zip archive holds arrays and images"
        )
    return x


def _delimiter(text: io.TextIOWrapper) -> str:
    """Find what separates the cells of the first line: the mark that is there most often."""
    line = text.readline(MAX_ROW)
    text.seek(0)
    return max(",;\t", key=line.count)


def _label_column(header: list[str], given: str | None) -> str:
    if given is not None:
        if given not in header:
            raise DatasetFormatError(
                f"label: expected one of the columns {header!r:.200}, got {given!r:.80}"
            )
        return given
    for name in LABEL_COLUMNS:
        if name in header:
            return name
    raise DatasetFormatError(
        f"label: expected a column called {' or '.join(LABEL_COLUMNS)}, got {header!r:.200};"
        " say which with label="
    )


def _check_columns(header: list[str], names: list[str]) -> None:
    there = set(header)
    if len(there) < len(header):
        twice = Counter(header).most_common(1)[0][0]
        raise DatasetFormatError(f"header: expected each name once, got {twice!r:.80} again")
    missing = [name for name in names if name not in there]
    if missing or not names:
        raise DatasetFormatError(
            f"columns: expected some of {header!r:.200}, got {missing or ['none']!r:.200}"
        )


def _number(cell: str, column: str, line: int) -> float:
    try:
        # not what Python alone takes for a number
        number = float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DatasetFormatError(
            f"{column}, line {line}: expected a number, got {cell!r:.80};"
            " say which columns hold numbers with columns="
        )
    return number
