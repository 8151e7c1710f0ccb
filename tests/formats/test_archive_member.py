"""Archives that unpack to more than they say."""

from __future__ import annotations

import zipfile

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.archive_member import ArchiveMember, archive_members
from tests.formats.test_model_files import zipped


def members(data):
    return archive_members(data, "x.zip", max_files=10, max_bytes=10**9)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_without_a_bound_is_refused(packing):
    with pytest.raises(ModelFormatError, match="packed by deflate or not at all, got 'a' packed"):
        members(zipped({"a": b"a" * 1000}, packing))


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_usual_packing_is_read(packing):
    assert members(zipped({"a": b"a" * 1000}, packing))["a"].read() == b"a" * 1000


def test_no_more_is_unpacked_than_was_declared(monkeypatch):
    asked = []
    read = zipfile.ZipExtFile.read

    def reading(file, n=-1):
        asked.append(n)
        return read(file, n)

    monkeypatch.setattr(zipfile.ZipExtFile, "read", reading)
    member = members(zipped({"a": b"a" * 1000}))["a"]
    assert isinstance(member, ArchiveMember)
    member.read()
    assert asked == [1000]
