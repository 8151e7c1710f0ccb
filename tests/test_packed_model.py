import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.models.packed_model import PackedModel

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


def packed(**changes):
    metadata = {"labels": ["b", "a"], "data": {"a/..": ROWS, "b": ROWS[:1]}, "n": {"x": [1, None]}}
    return PackedModel("f", {**metadata, **changes}, {"../m.json": b"{}", "w.bin": b"\0"})


def test_bytes_go_round():
    again = PackedModel.from_bytes(packed().to_bytes())
    assert again.digest == packed().digest
    assert np.array_equal(again.metadata["data"]["a/.."], ROWS)
    assert again.metadata["n"] == {"x": [1, None]}
    assert again.files == packed().files


def test_the_digest_knows_content_and_no_order_of_keys():
    same = PackedModel("f", dict(reversed(packed().metadata.items())), packed().files)
    assert same.digest == packed().digest
    others = [
        packed(labels=["a", "b"]),
        packed(data={"a/..": ROWS, "b": ROWS[:1] + 1}),
        packed(data={"a/..": ROWS.astype(np.float64), "b": ROWS[:1]}),
        PackedModel("g", packed().metadata, packed().files),
        PackedModel("f", packed().metadata, {"w.bin": b"\0"}),
    ]
    assert len({it.digest for it in (packed(), *others)}) == len(others) + 1


def test_metadata_of_a_caller_stand_beside_the_models_own():
    model = packed().with_metadata({"labels": 1, "features": "x", "note": "n"})
    assert "features" not in model.metadata
    assert model.metadata["labels"] == ["b", "a"]
    assert model.description == {"labels": ["b", "a"], "n": {"x": [1, None]}, "note": "n"}
    assert model.users_metadata(packed().metadata) == {"note": "n"}


@pytest.mark.parametrize("value", [object(), float("nan"), {1: 2}, np.array([object()])])
def test_what_cannot_be_said_is_refused(value):
    with pytest.raises(ModelFormatError):
        packed(bad=value).to_bytes()


def repacked(**changes):
    with zipfile.ZipFile(io.BytesIO(packed().to_bytes())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in {**members, **changes}.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def head(**changes):
    with zipfile.ZipFile(io.BytesIO(packed().to_bytes())) as archive:
        return json.dumps(json.loads(archive.read("model.json")) | changes).encode()


def pickled():
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        pickle.dumps(1),
        packed().to_bytes()[:-30],
        repacked(**{"model.json": b"[]"}),
        repacked(**{"model.json": b"{}"}),
        repacked(**{"model.json": head(arrays=[["nowhere"]])}),
        repacked(**{"model.json": head(arrays=[[]])}),
        repacked(**{"model.json": head(files=[["x"]])}),
        repacked(**{"model.json": head(format=3)}),
        repacked(**{"arrays/0.npy": b"x"}),
        repacked(**{"arrays/0.npy": pickled()}),
    ],
)
def test_other_bytes_are_refused(data):
    with pytest.raises(ModelFormatError):
        PackedModel.from_bytes(data)
