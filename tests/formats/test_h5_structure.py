from __future__ import annotations

import io

import h5py
import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.h5_structure import array, attribute, opened, reading, texts


def written(make, **options):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        make(file)
    return buffer.getvalue()


def check(data):
    with opened(data, "x.h5"):
        pass


def test_a_plain_file_opens_and_its_parts_are_read():
    def make(file):
        file["a/b"] = np.arange(3, dtype=np.float32)
        file["a"].attrs["names"] = ["x", "y"]
        file["a"].attrs["bytes"] = np.array([b"x", b"y"])
        file["a"].attrs["long0"] = ["x"]
        file["a"].attrs["long1"] = ["y"]
        file.attrs["text"] = b"hello"

    with opened(written(make), "x.h5") as file:
        assert array(file["a"], "b").tolist() == [0, 1, 2]
        assert attribute(file, "text") == "hello"
        assert attribute(file, "other") is None
        for name in ("names", "bytes", "long"):
            assert texts(file["a"], name) == ["x", "y"]
        assert texts(file, "names") == []
        with pytest.raises(ModelFormatError, match="expected an array 'c'"):
            array(file["a"], "c")


def test_a_packed_array_opens():
    def make(file):
        data = np.random.default_rng(0).normal(size=10_000).astype(np.float16)
        file.create_dataset("x", data=data, compression="gzip", shuffle=True, fletcher32=True)

    check(written(make))


def external(file):
    file["x"] = h5py.ExternalLink("/etc/passwd", "/y")


def soft(file):
    file["y"] = np.zeros(1)
    file["x"] = h5py.SoftLink("/y")


def soft_circle(file):
    file["x"] = h5py.SoftLink("/")


def external_storage(file):
    file.create_dataset("x", (3,), "u1", external=[("/etc/passwd", 0, 3)])


def virtual(file):
    layout = h5py.VirtualLayout((3,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "y", (3,))
    file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize("make", [external, soft, soft_circle, external_storage, virtual])
def test_what_points_into_other_files_is_refused(make):
    with pytest.raises(UnsafeModel, match=r"x\.h5: "):
        check(written(make))


def huge(file):
    file.create_dataset("x", (2**20, 2**20), "f4", chunks=(1024, 1024))


def large_but_empty(file):
    file.create_dataset("x", (2**24, 20), "u1", chunks=(1024, 20))


def many_empty(file):
    for i in range(40):
        file.create_dataset(str(i), (2**21,), "u1", chunks=(2**10,))


def large_piece(file):
    file.create_dataset("x", (1,), "f4", chunks=(2**27,), maxshape=(None,))


def packed_zeros(file):
    file.create_dataset("x", data=np.zeros(2**27, np.uint8), chunks=(2**20,), compression="gzip")


@pytest.mark.parametrize("make", [huge, large_but_empty, many_empty, large_piece, packed_zeros])
def test_arrays_that_take_more_than_they_are_stored_in_are_refused(make):
    data = written(make)
    assert len(data) < 2**19
    with pytest.raises(ModelFormatError, match=r"expected arrays of at most .* bytes, got"):
        check(data)


def circle(file):
    group = file.create_group("a")
    group["b"] = file["/"]


def twice(file):
    file["x"] = np.zeros(3)
    file["y"] = file["x"]


def deep(file):
    file["/".join("a" * 100)] = np.zeros(1)


def references(file):
    file["x"] = np.zeros(1)
    file.create_dataset("r", data=np.array([file["x"].ref], h5py.ref_dtype))


def words(file):
    file["x"] = ["a", "b"]


def records(file):
    file["x"] = np.zeros(3, [("a", "f4"), ("b", "i4")])


def nothing(file):
    file["x"] = h5py.Empty("f4")


def named_type(file):
    file["x"] = np.dtype("f4")


def plug_in(file):
    file.create_dataset("x", data=np.zeros(99), chunks=(9,), compression="lzf")


@pytest.mark.parametrize(
    "make", [circle, twice, deep, references, words, records, nothing, named_type, plug_in]
)
def test_what_no_keras_file_holds_is_refused(make):
    with pytest.raises(ModelFormatError, match=r"x\.h5: "):
        check(written(make))


def test_a_large_attribute_is_not_read():
    def make(file):
        file.create_dataset("x", data=np.zeros(1))
        file.attrs.create("big", np.zeros(65 * 2**20, "u1"))

    with (
        opened(written(make, libver="latest"), "x.h5") as file,
        pytest.raises(ModelFormatError, match="expected a smaller attribute 'big'"),
    ):
        attribute(file, "big")


@pytest.mark.parametrize(
    "data", [b"", b"x" * 1000, b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" * 99]
)
def test_what_is_no_hdf5_file_is_refused(data):
    with pytest.raises(ModelFormatError, match=r"x\.h5: expected a readable HDF5 file"):
        check(data)


def test_damaged_bytes_give_our_own_error_or_a_file():
    def make(file):
        file["a/b"] = np.arange(30, dtype=np.float32)
        file["a"].attrs["names"] = ["x", "y"]

    data = written(make)
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(400):
        damaged = bytearray(data)
        for place in random.integers(0, len(data), random.integers(1, 4)):
            damaged[place] = random.integers(256)
        try:
            with opened(bytes(damaged), "x.h5") as file, reading("x.h5"):
                texts(file["a"], "names")
        except ModelFormatError:
            refused += 1
    assert refused


def test_list_of_texts_of_any_length_is_refused_where_it_could_repeat_the_file(tmp_path):
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("padding", data=np.zeros(2**18, "float32"))
        file.attrs.create("names", ["a"] * 2000, dtype=h5py.string_dtype())
        file.attrs.create("few", ["a", "b"], dtype=h5py.string_dtype())
    with opened(path, "m.h5") as file:
        assert texts(file, "few") == ["a", "b"]
        with pytest.raises(ModelFormatError, match="smaller attribute 'names'"):
            texts(file, "names")
