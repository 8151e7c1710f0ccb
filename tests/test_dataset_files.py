import csv
import io
import itertools
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.data import dataset_transfer
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.staged_rows import StagedRows
from marcelle_nb.errors import DatasetFormatError, InstanceRejected, StoreError
from tests.stores import KINDS, open_store

numbers = itertools.count()
MARCELLE = Path(__file__).parent / "fixtures/marcelle/dataset/dataset-train-set.json"
IMAGE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


@pytest.fixture(params=KINDS)
def data(request):
    return Dataset(f"filed {next(numbers)}", open_store(request.param, request))


def content(data):
    own = {"id", "createdAt", "updatedAt", "datasetName"}
    rows = []
    for instance in data.items():
        row = {key: value for key, value in instance.items() if key not in own}
        arrays = {key: it for key, it in row.items() if isinstance(it, np.ndarray)}
        rows.append(row | {key: (it.tolist(), it.dtype.name) for key, it in arrays.items()})
    return rows


def fill(data):
    data.create(
        [
            {"x": [1.5, 2], "y": "a.b", "features": "v1", "note": {"deep": [1, None]}},
            {"x": IMAGE, "y": "ü\u2028", "thumbnail": IMAGE},
            {"x": np.ones((2, 3, 4), np.float32), "y": None, "mask": np.eye(2)},
        ]
    )


def test_a_zip_keeps_everything(data, tmp_path):
    fill(data)
    other = Dataset(f"{data.name}, again", data.store)
    assert len(other.upload(data.download(tmp_path, "zip"))) == 3
    assert content(other) == content(data)
    assert other.count.value == 3


def test_a_json_file_keeps_everything_but_the_last_bit_of_images(data, tmp_path):
    fill(data)
    path = data.download(tmp_path)
    other = Dataset(f"{data.name}, again", data.store)
    other.upload(path)
    before, after = list(data.items()), list(other.items())
    assert [it["y"] for it in after] == [it["y"] for it in before]
    assert after[0]["x"].tolist() == [1.5, 2]
    assert (after[1]["x"].shape, after[1]["x"].dtype) == ((4, 5, 3), np.uint8)
    assert after[2]["x"].shape == (2, 3, 4)
    rows = json.loads(path.read_text())
    assert rows["marcelleMeta"] == {"type": "dataset"}
    assert [row["id"] for row in rows["instances"]] == [it["id"] for it in data.items()]


def test_a_table_keeps_labels_and_vectors(data, tmp_path):
    data.create([{"x": [1.5, 2], "y": "a"}, {"x": [3, 4], "y": None}])
    path = data.download(tmp_path, "csv")
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows == [["y", "x0", "x1"], ["a", "1.5", "2.0"], ["", "3", "4"]]
    other = Dataset(f"{data.name}, again", data.store)
    other.upload(path)
    assert [(it["x"].tolist(), it["y"]) for it in other.items()] == [
        ([1.5, 2], "a"),
        ([3, 4], None),
    ]


def test_marcelles_file_is_read_into_a_dataset_of_another_name(data):
    ids = data.upload(MARCELLE)
    rows = json.loads(MARCELLE.read_text())["instances"]
    assert len(ids) == len(rows) == data.count.value
    assert data.labels == list(dict.fromkeys(row["y"] for row in rows))
    assert not set(ids) & {row["id"] for row in rows}
    assert {it["datasetName"] for it in data.items()} == {data.name}


@pytest.mark.parametrize("name", ["../../etc", 'a<>:"/\\|?*b', "ü" * 180, "train set", ".", "a\nb"])
def test_a_file_is_named_by_the_dataset_and_the_date(name, tmp_path):
    data = Dataset(name)
    path = data.download(tmp_path / "new" / "folder")
    assert path.parent == tmp_path / "new" / "folder"
    assert re.fullmatch(r"dataset \(.*\)-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.json", path.name)
    assert not re.search(r'[<>:"/\\|?*\n]', path.name)
    assert len(path.name.encode()) < 200
    assert list(path.parent.iterdir()) == [path]


def test_another_format_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"format: expected one of \['json', 'zip', 'csv'\], got 'x'"
    ):
        Dataset("f").download(tmp_path, "x")


FILE = b'{"marcelleMeta": {"type": "dataset"}, "instances": [%s]}'


def test_a_file_may_come_open_as_bytes_or_by_its_path(data, tmp_path):
    row = FILE % b'{"x": [1], "y": "a"}'
    path = tmp_path / "data"
    path.write_bytes(row)
    pipe = io.BufferedReader(io.BytesIO(row))
    assert len(data.upload(path, str(path), io.BytesIO(row), ("a.json", row), pipe)) == 5


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (FILE % b'{"y": "a"}', InstanceRejected, "bad.json, instance 1: x: expected"),
        (
            FILE % b'{"x": [1]}, {"x": [1], "n": 1e300, "t": "\\u0000"}',
            InstanceRejected,
            "instance 2",
        ),
        (FILE % b'{"x": [1], "n": "\\u0000"}', InstanceRejected, "without NUL"),
        (FILE % b'{"x": [1]}, {', DatasetFormatError, "JSON"),
        (b"\x89PNG", DatasetFormatError, "expected a JSON file"),
        (b"PK\x03\x04 and no more", DatasetFormatError, "archive"),
    ],
)
def test_a_file_with_an_error_adds_nothing_also_of_the_files_before(data, bad, error, message):
    good = ("good.json", FILE % b'{"x": [1], "y": "a"}')
    with pytest.raises(error, match=message):
        data.upload(good, ("bad.json", bad))
    assert data.count.value == 0


@pytest.mark.parametrize("file", [5, None, ("a.json",), ("a.json", "text"), io.StringIO("{}")])
def test_what_is_no_file_is_refused(file):
    with pytest.raises(TypeError, match=r"^file: expected"):
        Dataset("f").upload(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone"):
        Dataset("f").upload(tmp_path / "gone.json")


def test_a_store_that_fails_on_the_way_keeps_nothing(data, monkeypatch):
    monkeypatch.setattr(dataset_transfer, "_CHUNK_ROWS", 2)
    add, calls = StagedRows.add, []

    def failing(self, documents):
        calls.append(documents)
        if len(calls) == 3:
            raise StoreError("full")
        add(self, documents)

    monkeypatch.setattr(StagedRows, "add", failing)
    rows = FILE % b", ".join([b'{"x": [1]}'] * 7)
    with pytest.raises(StoreError, match="full"):
        data.upload(("a.json", rows))
    assert data.count.value == 0


def test_columns_of_a_table_are_chosen(data):
    table = b"sepal.length;class;n\n1,5;a;2\n"
    with pytest.raises(DatasetFormatError):
        data.from_csv(("iris.csv", table), columns=["sepal.length"])
    report = data.from_csv(("iris.csv", table.replace(b"1,5", b"1.5")), columns=["sepal.length"])
    assert (len(report.ids), report.broken) == (1, {})
    instance = data.get(report.ids[0])
    assert (instance["x"].tolist(), instance["y"], instance["n"]) == ([1.5], "a", "2")


@pytest.mark.parametrize("form", ["json", "zip", "csv"])
def test_a_file_of_no_instances_is_read_again(data, tmp_path, form):
    path = data.download(tmp_path, form)
    assert data.upload(path) == []
    assert data.upload(("renamed." + form, path.read_bytes())) == []
    if form == "csv":
        assert data.from_csv(path).ids == []


def test_a_folder_of_pictures_is_read_and_broken_files_are_named(data, tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        Image.fromarray(IMAGE).save(tmp_path / label / "1.png")
    (tmp_path / "cat" / "2.jpg").write_bytes(b"nothing")
    report = data.from_folder(tmp_path)
    assert (len(report.ids), list(report.broken)) == (2, ["cat/2.jpg"])
    assert repr(report).startswith(
        "<ImportReport 2 instances read, 1 file not:\n  cat/2.jpg: image"
    )
    assert data.to_arrays()[0].shape == (2, 4, 5, 3)
    data.from_folder(tmp_path, process=lambda image: image.mean(axis=(0, 1)))
    assert data.label_counts() == {"cat": 2, "dog": 2}


def test_many_rows_appear_in_one_change_and_in_order(data, monkeypatch):
    monkeypatch.setattr(dataset_transfer, "_CHUNK_ROWS", 2)
    counts: list[int] = []
    told: list[int] = []
    data.count.subscribe(counts.append)
    data.changes.subscribe(lambda changes: told.append(len(changes)))
    rows = b", ".join(b'{"x": [%d]}' % number for number in range(7))
    ids = data.upload(("a.json", FILE % rows))
    assert (counts, told) == ([0, 7], [7])
    assert [it["id"] for it in data.items()] == ids
    assert [int(it["x"][0]) for it in data.items()] == [*range(7)]
    data.create({"x": [7]})
    assert [it["x"][0] for it in data.items().take(9)][-1] == 7


def test_a_process_that_fails_adds_nothing(data, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_transfer, "_CHUNK_ROWS", 1)
    (tmp_path / "cat").mkdir()
    for number in range(3):
        Image.fromarray(IMAGE + number).save(tmp_path / "cat" / f"{number}.png")
    with pytest.raises(ZeroDivisionError):
        data.from_folder(tmp_path, process=lambda image: [1] if image[0, 0, 0] < 2 else 1 / 0)
    assert data.count.value == 0


def test_an_import_that_fails_leaves_nothing_also_where_the_dataset_is_sifted(
    data, monkeypatch, tmp_path
):
    monkeypatch.setattr(dataset_transfer, "_CHUNK_ROWS", 2)
    (tmp_path / "cat").mkdir()
    for number in range(5):
        Image.fromarray(IMAGE + number).save(tmp_path / "cat" / f"{number}.png")
    sifted = Dataset(data.name, data.store).sift({"y": "dog"})
    with pytest.raises(ZeroDivisionError):
        sifted.from_folder(tmp_path, process=lambda image: [1] if image[0, 0, 0] < 4 else 1 / 0)
    assert (data.count.value, list(data.items())) == (0, [])
    assert len(sifted.from_folder(tmp_path).ids) == data.count.value == 5
    assert sifted.count.value == 0


def test_a_row_of_another_client_that_json_cannot_say_is_named(data, tmp_path):
    service = data._collection.service
    identifier = service.create({"x": np.array([1j]), "y": "a", "datasetName": data.name})["id"]
    with pytest.raises(
        DatasetFormatError, match=f"^x of instance '{identifier}': expected what JSON"
    ):
        data.download(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("change", ["create", "update", "patch"])
def test_numbers_that_are_not_finite_are_not_taken(data, change):
    identifier = data.create({"x": [1.0], "y": "a"})
    bad = {"x": [1.0], "mask": np.array([np.inf])}
    with pytest.raises(InstanceRejected, match=r"^mask: expected finite numbers, got inf"):
        data.create(bad) if change == "create" else getattr(data, change)(identifier, bad)
    assert [*data.get(identifier)["x"]] == [1.0]
    assert data.count.value == 1


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"^file: expected a file, got the folder"):
        Dataset("f").upload(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(OSError, match=r"^file: expected a file, got something else"):
        Dataset("f").upload(tmp_path / "a.json")


def test_a_closed_file_is_refused(tmp_path):
    (tmp_path / "a.json").write_bytes(FILE % b"")
    with (tmp_path / "a.json").open("rb") as file:
        pass
    with pytest.raises(ValueError, match=r"^file: expected an open one, got the closed"):
        Dataset("f").upload(file)


@pytest.mark.parametrize("mode", ["r", "w", "wb", "a"])
def test_a_file_that_is_not_open_for_reading_bytes_is_refused(tmp_path, mode):
    (tmp_path / "a.json").write_bytes(FILE % b"")
    with (
        (tmp_path / "a.json").open(mode) as file,
        pytest.raises(TypeError, match=r"bytes \('rb'\)"),
    ):
        Dataset("f").upload(file)
    with pytest.raises(TypeError, match=r"bytes \('rb'\)"):
        Dataset("f").upload(io.StringIO())  # type: ignore[arg-type]


@pytest.mark.parametrize("row", [{"mask": np.ones(1_000_000)}, {"note": "a" * 8_000_000}])
def test_rows_are_kept_in_memory_few_at_a_time_whatever_makes_them_large(row):
    value = {"x": [1], **row, "list": [row]}
    chunks = dataset_transfer._chunks([value] * 10)
    assert max(map(len, chunks)) < 4
