"""Checkpoints, read without TensorFlow's reader."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.checkpoint import Checkpoint
from marcelle_nb.formats.model_files import ModelFiles

FIXTURES = Path(__file__).parents[1] / "fixtures" / "saved-model"
PREFIX = "variables/variables"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FIXTURES / "tf1", tmp_path / "tf1")


@pytest.mark.parametrize("name", ["tf1", "keras2_cnn"])
def test_tensors_are_those_that_tensorflow_reads(name):
    checkpoint = Checkpoint(ModelFiles.open(FIXTURES / name), PREFIX)
    reader = tf.train.load_checkpoint(str(FIXTURES / name / PREFIX))
    assert {*checkpoint.names} == {*reader.get_variable_to_shape_map()}
    for tensor in checkpoint.names:
        wanted = np.array(reader.get_tensor(tensor), checkpoint.array(tensor).dtype)
        np.testing.assert_array_equal(checkpoint.array(tensor), wanted)


def test_all_types_are_read(tmp_path):
    values = {
        dtype.name: tf.cast([[1, 0, 2]], dtype)
        for dtype in (tf.float64, tf.float16, tf.bfloat16, tf.int8, tf.uint16, tf.int64, tf.bool)
    }
    values["string"] = tf.constant(["", "a", "longer text"])
    holder = tf.train.Checkpoint(**{name: tf.Variable(value) for name, value in values.items()})
    holder.write(str(tmp_path / "w"))
    checkpoint = Checkpoint(ModelFiles.open(tmp_path), "w")
    for name, value in values.items():
        got = checkpoint.array(f"{name}/.ATTRIBUTES/VARIABLE_VALUE")
        np.testing.assert_array_equal(got, value.numpy().astype(got.dtype))


def test_a_short_file_is_refused(folder):
    path = folder / f"{PREFIX}.data-00000-of-00001"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelFormatError, match=r"variables\.index: expected .* bytes in"):
        Checkpoint(ModelFiles.open(folder), PREFIX)


def test_an_unknown_tensor_is_refused(folder):
    checkpoint = Checkpoint(ModelFiles.open(folder), PREFIX)
    with pytest.raises(ModelFormatError, match="expected a tensor 'none'"):
        checkpoint.array("none")


def test_a_damaged_index_is_refused_or_read(folder):
    path = folder / f"{PREFIX}.index"
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(500):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(bytes(damaged[: rng.integers(1, len(data) + 1)]))
        try:
            checkpoint = Checkpoint(ModelFiles.open(folder), PREFIX)
            for name in checkpoint.names:
                checkpoint.array(name)
        except ModelFormatError:
            refused += 1
    assert refused > 400
