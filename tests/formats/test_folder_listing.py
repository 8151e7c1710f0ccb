"""Folders in which not everything can be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.folder_listing import listed
from marcelle_nb.formats.model_files import ModelFiles


@pytest.fixture
def closed(tmp_path, monkeypatch):
    """Let nobody look at one of two files."""
    for name in ("open", "closed"):
        (tmp_path / name).write_bytes(b"")
    is_file = Path.is_file

    def refusing(path, *args, **options):
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path, *args, **options)

    monkeypatch.setattr(Path, "is_file", refusing)
    return tmp_path


def test_what_cannot_be_looked_at_is_left_out(closed):
    assert set(listed(closed, 10)) == {"open"}


def test_name_that_is_too_long_is_that_of_no_file(closed):
    files = ModelFiles.open(closed)
    name = "/".join(["d" * 200] * 40)
    assert name not in files
    with pytest.raises(ModelFormatError, match=r"expected the file .* got none"):
        files.read(name)
