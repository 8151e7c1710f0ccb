import numpy as np
import pytest

from marcelle_nb.features.kept_arrays import read_array, read_arrays, write_array, write_arrays

ROWS = np.arange(12, dtype=np.float16).reshape(3, 4)


def pickled(path):
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)


def cut(path):
    path.write_bytes(path.read_bytes()[:-8])


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_bytes(b"none")


def test_arrays_are_read_as_they_were_written(tmp_path):
    write_array(tmp_path / "a.npy", ROWS)
    write_arrays(tmp_path / "b.npz", {"rows": ROWS, "number": 3})
    assert np.array_equal(read_array(tmp_path / "a.npy", "rows", ""), ROWS)
    named = read_arrays(tmp_path / "b.npz", "rows", "")
    assert np.array_equal(named["rows"], ROWS)
    assert named["number"] == 3


@pytest.mark.parametrize("damage", [pickled, cut, empty, text])
def test_damaged_array_is_named_with_what_to_do(tmp_path, damage):
    path = tmp_path / "a.npy"
    write_array(path, ROWS)
    damage(path)
    with pytest.raises(ValueError, match=r"a\.npy: expected rows, got .*; delete it"):
        read_array(path, "rows", "delete it")


@pytest.mark.parametrize("damage", [cut, empty, text])
def test_damaged_arrays_are_named_with_what_to_do(tmp_path, damage):
    path = tmp_path / "a.npz"
    write_arrays(path, {"rows": ROWS})
    damage(path)
    with pytest.raises(ValueError, match=r"a\.npz: expected rows, got .*; delete it"):
        read_arrays(path, "rows", "delete it")


def test_one_array_is_not_several_and_several_are_not_one(tmp_path):
    write_array(tmp_path / "a", ROWS)
    write_arrays(tmp_path / "b", {"rows": ROWS})
    with pytest.raises(ValueError, match="expected rows"):
        read_arrays(tmp_path / "a", "rows", "")
    with pytest.raises(ValueError, match="expected rows"):
        read_array(tmp_path / "b", "rows", "")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_changed_byte_is_an_error_that_names_the_file_or_does_no_harm(tmp_path, name):
    path = tmp_path / name
    if name == "a.npy":
        write_array(path, ROWS)
    else:
        np.savez_compressed(path, rows=ROWS, number=3)
    whole = path.read_bytes()
    read = read_array if name == "a.npy" else read_arrays
    n_refused = 0
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            read(path, "rows", "delete it")
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017 - some changes do no harm
            n_refused += 1
    assert n_refused
