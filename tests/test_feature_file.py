import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.features.feature_file import MAGIC, read_features, write_features
from tests.small_features import PLAN, network_of, write_small_features


@pytest.fixture
def path(tmp_path):
    return write_small_features(tmp_path / "some.features")


def head_of(data):
    (length,) = struct.unpack_from("<I", data, 8)
    return json.loads(data[12 : 12 + length]), data[12 + length :]


def joined(head, payload):
    text = json.dumps(head).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + payload


def test_weights_come_back_rounded_to_eight_bits_a_column(path):
    weights, biases = network_of(PLAN)
    extractor = read_features(path)
    for given, read in zip(weights, extractor.weights, strict=True):
        assert (np.abs(given - read) <= np.abs(given).max(axis=0) / 253).all()
    for given, read in zip(biases, extractor.biases, strict=True):
        assert np.array_equal(given, read)


def test_version_tells_the_weights(tmp_path, path):
    again, other = tmp_path / "again", tmp_path / "other"
    weights, biases = network_of(PLAN)
    version = write_features(again, PLAN, weights, biases, {"teacher": "another"})
    assert version == read_features(path).version == read_features(again).version
    assert version.startswith("learned-1-")
    weights, biases = network_of(PLAN, 1)
    assert write_features(other, PLAN, weights, biases, {}) != version


def test_column_of_zeros_is_written(tmp_path):
    weights, biases = network_of(PLAN)
    weights[0][:, 1] = 0
    write_features(tmp_path / "a", PLAN, weights, biases, {})
    assert not read_features(tmp_path / "a").weights[0][:, 1].any()


def test_every_cut_is_refused(path):
    data = path.read_bytes()
    for length in [*range(20), len(data) // 2, len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(ModelFormatError, match=r"some\.features: expected"):
            read_features(path)


def test_changed_weights_are_refused(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelFormatError, match="checksum"):
        read_features(path)


def test_changed_plan_is_refused(path):
    head, payload = head_of(path.read_bytes())
    head["plan"]["side"] += 1
    path.write_bytes(joined(head, payload))
    with pytest.raises(ModelFormatError, match="checksum"):
        read_features(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_numbers_that_are_none_are_refused(tmp_path, value):
    weights, biases = network_of(PLAN)
    biases[1][0] = value
    write_features(tmp_path / "a", PLAN, weights, biases, {})
    with pytest.raises(ModelFormatError, match="biases up to"):
        read_features(tmp_path / "a")


@pytest.mark.parametrize("head", [None, [], {}, {"plan": []}, {"plan": PLAN.document()}])
def test_other_json_is_refused(path, head):
    _, payload = head_of(path.read_bytes())
    path.write_bytes(joined(head, payload))
    with pytest.raises(ModelFormatError, match="expected"):
        read_features(path)


def test_json_of_any_depth_is_refused(path):
    text = b"[" * 90_000
    path.write_bytes(MAGIC + struct.pack("<I", len(text)) + text)
    with pytest.raises(ModelFormatError, match="expected"):
        read_features(path)


def test_file_that_says_a_huge_network_is_refused_before_it_takes_memory(path):
    head, payload = head_of(path.read_bytes())
    head["plan"]["layers"] = [[3, 1024, 7, 1, None], *[[1024, 1024, 7, 1, None]] * 60]
    head["plan"]["pooled"] = [60]
    path.write_bytes(joined(head, payload))
    with pytest.raises(ModelFormatError, match="laid out at once"):
        read_features(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_is_refused_unread(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ModelFormatError, match="expected a file"):
            read_features(path)


def test_too_large_a_file_is_refused_unread(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(16_000_001)
    with pytest.raises(ModelFormatError, match="at most 16,000,000 bytes"):
        read_features(tmp_path / "a")


def test_reading_and_running_needs_no_tensorflow(path):
    ask = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from marcelle_nb.features.feature_file import read_features\n"
        f"read_features(Path({str(path)!r})).describe(np.zeros((9, 9, 3), np.uint8))\n"
        "print(sorted({'tensorflow', 'keras', 'ai_edge_litert'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
