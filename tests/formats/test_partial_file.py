import pytest

from marcelle_nb.formats.partial_file import PartialFile


def test_what_came_and_of_what(tmp_path):
    partial = PartialFile(tmp_path / "a.part")
    assert (partial.size, partial.version, partial.total) == (0, None, None)
    partial.begin('"v1"', 10)
    partial.path.write_bytes(b"abc")
    assert (partial.size, partial.version, partial.total) == (3, '"v1"', 10)
    partial.begin(None, None)
    assert (partial.size, partial.version, partial.total) == (0, None, None)
    partial.remove()
    assert [*tmp_path.iterdir()] == []
    partial.remove()


@pytest.mark.parametrize("note", [b"", b"[]", b"\xff", b'{"version": 3, "total": "x"}'])
def test_a_note_that_says_nothing_counts_as_none(tmp_path, note):
    partial = PartialFile(tmp_path / "a.part")
    partial.begin('"v1"', 10)
    (tmp_path / "a.json").write_bytes(note)
    assert (partial.version, partial.total) == (None, None)
