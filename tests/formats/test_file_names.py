"""Names that become paths."""

from __future__ import annotations

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.file_names import safe_name


@pytest.mark.parametrize("name", ["x" * 256, "\U0001f600" * 64, "a/" + "ü" * 128, "\ud800" * 90])
def test_name_of_more_bytes_than_file_systems_take_is_refused(name):
    with pytest.raises(ModelFormatError, match="file name: expected one inside"):
        safe_name(name)


@pytest.mark.parametrize("name", ["x" * 255, "\U0001f600" * 63, "ü" * 127 + "a"])
def test_name_of_as_many_bytes_passes(name):
    assert safe_name(name) == name
