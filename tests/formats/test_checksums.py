"""Checksums that a user gives."""

from __future__ import annotations

import hashlib

import pytest

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.checksums import check_sha256, normalised

DIGITS = "0" * 64


@pytest.mark.parametrize(
    "given", [[DIGITS], 5, DIGITS.encode(), {1: DIGITS}, {"a": None}, {"a": {"b": DIGITS}}, True]
)
def test_checksum_of_another_type_is_a_type_error_with_the_rule(given):
    with pytest.raises(TypeError, match=r"^sha256: expected 64 hexadecimal digits, or such for"):
        normalised(given)


def test_checksum_of_a_file_that_is_not_there_is_refused(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"a")
    digits = hashlib.sha256(b"a").hexdigest()
    check_sha256({"a.bin": digits}, {"a.bin": path}, "m")
    with pytest.raises(DownloadRefused, match=r"m: expected checksums for a.bin, got one for 'b'"):
        check_sha256({"a.bin": digits, "b": digits}, {"a.bin": path}, "m")
