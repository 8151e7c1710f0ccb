from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.keras_archive import KerasArchive

PARTS = {
    "config.json": b"{}",
    "metadata.json": b'{"keras_version": "3.1"}',
    "model.weights.h5": b"w",
}


def archive(members, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def read(data):
    return KerasArchive.read(data, "m.keras")


def test_its_parts_are_read():
    got = read(archive({**PARTS, "assets/layers/x/v.txt": b"a"}))
    assert got == KerasArchive({}, "3.1", b"w", {"layers/x/v.txt": b"a"})


def test_a_file_on_disk_is_read_as_well(tmp_path):
    path = tmp_path / "m.keras"
    path.write_bytes(archive(PARTS))
    assert KerasArchive.read(path, "m.keras").weights == b"w"


def test_infinity_in_a_configuration_is_what_keras_writes():
    config = json.dumps({"max_value": float("inf")}).encode()
    assert read(archive({**PARTS, "config.json": config})).config["max_value"] == float("inf")


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_packed_archive_is_read_but_no_bomb(packing):
    assert read(archive({**PARTS, "model.weights.h5": bytes(10**6)}, compression=packing))
    bomb = archive({**PARTS, "assets/x": bytes(300 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**20
    with pytest.raises(ModelFormatError, match=r"expected at most .* bytes in it, got 314,57"):
        read(bomb)


def test_members_that_claim_the_same_bytes_are_counted_each():
    data = bytearray(archive({**PARTS, "assets/a": np.random.default_rng(0).bytes(2**20)}))
    # every entry of the directory says that it unpacks to four gigabytes
    place = data.index(b"PK\x01\x02")
    while place >= 0:
        data[place + 24 : place + 28] = b"\xff\xff\xff\x7f"
        place = data.find(b"PK\x01\x02", place + 1)
    with pytest.raises(ModelFormatError, match=r"expected at most .* bytes in it"):
        read(bytes(data))


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_refused(packing):
    with pytest.raises(ModelFormatError, match="packed by deflate or not at all"):
        read(archive(PARTS, compression=packing))


@pytest.mark.parametrize("name", ["../x", "/x", "assets/../../x", "a\\..\\x", "assets/C:x"])
def test_a_member_that_leaves_the_archive_is_refused(name):
    with pytest.raises(ModelFormatError, match=r"expected .* inside"):
        read(archive({**PARTS, name: b""}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in (*PARTS, "config.json"):
            file.writestr(name, b"{}")
    with pytest.raises(ModelFormatError, match="each once"):
        read(buffer.getvalue())


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_part_is_named(name):
    with pytest.raises(ModelFormatError, match=name):
        read(archive({k: v for k, v in PARTS.items() if k != name}))


def test_damaged_bytes_give_our_own_error_or_an_archive():
    data = archive({**PARTS, "assets/x": b"y" * 100}, compression=zipfile.ZIP_DEFLATED)
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(1500):
        damaged = bytearray(data)
        for place in random.integers(0, len(data), random.integers(1, 4)):
            damaged[place] = random.integers(256)
        if random.random() < 0.1:
            damaged = damaged[: random.integers(len(data))]
        try:
            read(bytes(damaged))
        except ModelFormatError:
            refused += 1
    assert refused > 100
