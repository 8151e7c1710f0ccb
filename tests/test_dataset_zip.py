import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes

from marcelle_nb.data import dataset_zip
from marcelle_nb.data.dataset_zip import read_zip, write_zip
from marcelle_nb.errors import DatasetFormatError

NUMBERS = scalar_dtypes().filter(lambda dtype: dtype.kind in "biufc")
ARRAYS = arrays(NUMBERS, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))


def npy(array, **kwargs):
    file = io.BytesIO()
    np.save(file, array, **kwargs)
    return file.getvalue()


def zip_of(method=zipfile.ZIP_STORED, **members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_json", ".json").replace("_npy", ".npy"), content)
    file.seek(0)
    return file


def one_array(content, entry=None, method=zipfile.ZIP_STORED):
    row = {"id": "k", "marcelleFiles": [entry or {"path": ["x"], "file": "a.npy"}], "x": None}
    return zip_of(method, dataset_json=json.dumps({"instances": [row]}), a_npy=content)


@given(st.lists(ARRAYS, max_size=3))
def test_arrays_come_back_bit_by_bit(given_arrays):
    file = io.BytesIO()
    write_zip([{"x": array, "more": {"in": [1, array]}} for array in given_arrays], file)
    rows = list(read_zip(file))
    assert len(rows) == len(given_arrays)
    for row, array in zip(rows, given_arrays, strict=True):
        for back in (row["x"], row["more"]["in"][1]):
            assert (back.dtype, back.shape) == (array.dtype, array.shape)
            assert back.tobytes() == array.tobytes()


def test_images_are_png_files_that_other_programs_open():
    image = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)
    file = io.BytesIO()
    write_zip([{"x": image, "y": "a", "labels.with.dots": {"a.b": 1}}], file)
    (name,) = (n for n in zipfile.ZipFile(file).namelist() if n.endswith(".png"))
    assert name.startswith("images/")
    (row,) = read_zip(file)
    assert np.array_equal(row.pop("x"), image)
    assert row == {"y": "a", "labels.with.dots": {"a.b": 1}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy(np.array([{"a": 1}]), allow_pickle=True), r"^a\.npy: npy: expected numbers"),
        (npy(np.zeros(3))[:-1], r"^a\.npy: npy: expected 23 bytes"),
        (b"", r"^a\.npy: .*magic"),
    ],
)
def test_an_npy_file_that_lies_or_holds_objects_is_refused(content, message):
    with pytest.raises(DatasetFormatError, match=message):
        list(read_zip(one_array(content)))


@pytest.mark.parametrize(
    "entry",
    [
        {"path": ["x"], "file": "../a.npy"},
        {"path": ["x"], "file": "missing.npy"},
        {"path": [], "file": "a.npy"},
        {"path": ["no", "such"], "file": "a.npy"},
        {"path": "x", "file": 3},
        {"file": "a.npy"},
        5,
        [1],
    ],
)
def test_places_and_files_that_are_not_there_are_refused(entry):
    with pytest.raises(DatasetFormatError, match="marcelleFiles of instance 'k'"):
        list(read_zip(one_array(npy(np.zeros(3)), entry)))


@pytest.mark.parametrize("file", [io.BytesIO(b""), io.BytesIO(b"{}"), zip_of(other_json="{}")])
def test_what_is_no_such_archive_is_refused(file):
    with pytest.raises(DatasetFormatError, match="archive: expected"):
        list(read_zip(file))


def test_a_damaged_archive_is_refused():
    file = io.BytesIO()
    write_zip([{"x": np.arange(1_000.0)}], file)
    data = bytearray(file.getvalue())
    data[200:300] = bytes(100)
    with pytest.raises(DatasetFormatError, match="archive: expected a whole one"):
        list(read_zip(io.BytesIO(bytes(data))))


def test_an_array_beyond_the_limit_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("marcelle_nb.data.dataset_zip.MAX_ARRAY_BYTES", 100)
    with pytest.raises(DatasetFormatError, match="expected at most 100 bytes, got 928"):
        list(read_zip(one_array(npy(np.zeros(100)), method=zipfile.ZIP_DEFLATED)))
    assert len(list(read_zip(one_array(npy(np.zeros(100)))))) == 1  # as large as the archive says


@pytest.mark.parametrize("own", [5, None, [1], {"a": [np.ones(2)]}, [], "text"])
@pytest.mark.parametrize("has_array", [True, False])
def test_rows_may_have_any_key_also_that_of_the_archive(own, has_array):
    keys = ("files", "marcelleFiles", "marcelleFiles_", "marcelleFiles__", "marcelleFiles_a", "_")
    row = {"id": "k"} | dict.fromkeys(keys, own) | ({"x": np.arange(3.0)} if has_array else {})
    file = io.BytesIO()
    write_zip([row], file)
    (back,) = read_zip(file)
    assert [*back] == [*row]
    assert str(back) == str(row)


@pytest.mark.parametrize("entries", [None, 5, "text", {"a": 1}, True])
def test_a_list_of_files_that_is_none_is_refused(entries):
    rows = {"instances": [{"id": "k", "marcelleFiles": entries}]}
    with pytest.raises(DatasetFormatError, match="marcelleFiles of instance 'k': expected"):
        list(read_zip(zip_of(dataset_json=json.dumps(rows))))


def rows_of_files(*names):
    rows = [{"marcelleFiles": [{"path": ["x"], "file": name}], "x": None} for name in names]
    return json.dumps({"instances": rows})


def test_a_file_of_the_archive_is_used_once():
    file = zip_of(dataset_json=rows_of_files("a.npy", "a.npy"), a_npy=npy(np.zeros(3)))
    with pytest.raises(DatasetFormatError, match=r"a.npy: expected each file used once"):
        list(read_zip(file))
    file = zip_of(dataset_json=rows_of_files("dataset.json"))
    with pytest.raises(DatasetFormatError, match=r"dataset.json: expected each file used once"):
        list(read_zip(file))


def test_all_arrays_together_do_not_grow_beyond_measure(monkeypatch):
    monkeypatch.setattr(dataset_zip, "MAX_ARRAYS", (3_000, 0))
    members = {f"{name}_npy": npy(np.zeros(150)) for name in "abc"}
    file = zip_of(dataset_json=rows_of_files("a.npy", "b.npy"), **members)
    assert len(list(read_zip(file))) == 2
    file = zip_of(dataset_json=rows_of_files("a.npy", "b.npy", "c.npy"), **members)
    with pytest.raises(DatasetFormatError, match=r"c.npy: .* 344 bytes after the others .* 1,328"):
        list(read_zip(file))


def test_rows_do_not_grow_beyond_measure(monkeypatch):
    monkeypatch.setattr(dataset_zip, "MAX_ROWS", (10_000, 10))
    rows = json.dumps({"instances": [{"y": "a" * 30_000}]})
    with pytest.raises(DatasetFormatError, match=r"dataset.json: expected at most 1\d,\d{3} bytes"):
        list(read_zip(zip_of(zipfile.ZIP_DEFLATED, dataset_json=rows)))
    assert len(list(read_zip(zip_of(dataset_json=rows)))) == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_that_is_compressed_another_way_is_refused(method):
    file = zip_of(method, dataset_json='{"instances": []}')
    with pytest.raises(DatasetFormatError, match=r"dataset.json: expected it stored or deflated"):
        list(read_zip(file))


def test_of_a_file_that_holds_more_than_it_says_no_more_is_unpacked():
    content = npy(np.zeros(5_000_000))
    file = zip_of(zipfile.ZIP_DEFLATED, dataset_json=rows_of_files("a.npy"), a_npy=content)
    data = file.getvalue().replace(len(content).to_bytes(4, "little"), (208).to_bytes(4, "little"))
    tracemalloc.start()
    with pytest.raises(DatasetFormatError):
        list(read_zip(io.BytesIO(data)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_what_is_written_is_read_however_well_it_could_be_compressed(monkeypatch):
    monkeypatch.setattr(dataset_zip, "MAX_ARRAYS", (3_000, 10))
    monkeypatch.setattr(dataset_zip, "MAX_ROWS", (3_000, 10))
    rows = [{"x": np.zeros(500, np.float32), "y": "a", "more": [0] * 1_000}] * 50
    file = io.BytesIO()
    write_zip(rows, file)
    assert len(file.getvalue()) < 50 * 4_000  # not all arrays take as much as they do in memory
    back = list(read_zip(file))
    assert [it["more"] for it in back] == [it["more"] for it in rows]
    assert all((it["x"] == 0).all() for it in back)


def test_a_large_array_is_written_so_that_it_is_read(monkeypatch):
    monkeypatch.setattr(dataset_zip, "MAX_ARRAY_BYTES", 1_000)
    monkeypatch.setattr(dataset_zip, "MAX_PIXELS", 400)
    file = io.BytesIO()
    picture = np.random.default_rng(0).integers(0, 256, (30, 30, 3), np.uint8)
    write_zip([{"x": np.zeros(1_000)}, {"x": picture}], file)
    zeros, back = [row["x"] for row in read_zip(file)]
    assert zeros.shape == (1_000,)
    assert np.array_equal(back, picture)


@pytest.mark.slow
def test_hundreds_of_empty_masks_are_read_again():
    mask = np.zeros((640, 480), np.float32)
    file = io.BytesIO()
    write_zip(({"x": mask, "y": "a"} for _ in range(900)), file)
    assert len(file.getvalue()) < 50 * 2**20
    assert sum(1 for _ in read_zip(file)) == 900
