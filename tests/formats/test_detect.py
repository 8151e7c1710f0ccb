import json

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats import detect as module
from marcelle_nb.formats.detect import detect
from marcelle_nb.formats.model_files import ModelFiles
from tests.formats.test_model_files import zipped

LAYERS = json.dumps({"modelTopology": {"class_name": "Sequential"}}).encode()
GRAPH = json.dumps({"modelTopology": {"node": []}}).encode()
HDF5 = b"\x89HDF\r\n\x1a\n"
KERAS = zipped({"config.json": b"{}", "model.weights.h5": b""})


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("model.json", LAYERS, "tfjs-layers"),
        ("anything.json", GRAPH, "tfjs-graph"),
        ("model", b"\xef\xbb\xbf\n " + GRAPH, "tfjs-graph"),
        ("model.json", json.dumps({**json.loads(LAYERS), "format": "graph-model"}).encode(),
         "tfjs-graph"),
        ("model.h5", HDF5, "h5"),
        ("weights", HDF5, "h5"),
        ("model.keras", KERAS, "keras"),
        ("model.keras", HDF5, "h5"),
        ("model.tflite", b"\x1c\0\0\0TFL3", "tflite"),
        ("model.bin", b"\x1c\0\0\0TFL3", "tflite"),
        ("model.onnx", b"\x08\x08\x12\x07pytorch", "onnx"),
        ("model", b"\x08\x08\x12\x07pytorch", "onnx"),
        ("saved_model.pb", b"\x08\x01\x12\x02", "saved-model"),
        ("model", b"\x08\x01\x12\x02", "saved-model"),
        ("frozen.pb", b"\n\x10\n\x01x", "frozen-graph"),
        ("my_saved_model.pb", b"\n\x10\n\x01x", "frozen-graph"),
        ("frozen.pb", b"\n{\n\x22image", "frozen-graph"),
        ("graph", b"\n{\n\x05image\x12\x0bPlaceholder", "frozen-graph"),
        ("graph", b"\n\x10\n\x01x", "frozen-graph"),
    ],
)  # fmt: skip
def test_file_is_told_by_its_content(name, content, format):
    assert detect(ModelFiles.open((name, content))) == (format, name)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"model.json": LAYERS, "io.json": b"{}", "weights.bin": b""}, "model.json"),
        ({"mlp.json": LAYERS, "mlp.bin": b"", "package.json": b"{}"}, "mlp.json"),
        ({"my model/model.json": GRAPH, "my model/metadata.json": b"{}"}, "my model/model.json"),
        ({"keras_model.h5": HDF5, "labels.txt": b""}, "keras_model.h5"),
        ({"a.weights.h5": HDF5, "a.h5": HDF5}, "a.h5"),
        ({"model.h5": HDF5, "old/model.h5": HDF5}, "model.h5"),
        ({"my_saved_model.pb": b"", "variables/x.h5": HDF5}, "my_saved_model.pb"),
        (
            {
                "model.savedmodel/saved_model.pb": b"",
                "model.savedmodel/keras_metadata.pb": b"",
                "model.savedmodel/fingerprint.pb": b"",
                "model.savedmodel/assets/vocabulary.json": LAYERS,
                "labels.txt": b"",
            },
            "model.savedmodel/saved_model.pb",
        ),
    ],
)
def test_model_is_found_among_files(files, wanted):
    assert detect(ModelFiles(files))[1] == wanted


def test_several_models_are_ambiguous_unless_the_format_is_named():
    files = ModelFiles({"model.h5": HDF5, "model.tflite": b"....TFL3", "model.json": LAYERS})
    with pytest.raises(ModelFormatError, match=r"one model, got model.h5, model.json, model.tfl"):
        detect(files)
    assert detect(files, "tflite") == ("tflite", "model.tflite")
    assert detect(files, "tfjs-layers") == ("tfjs-layers", "model.json")


def test_format_that_was_named_chooses_between_a_saved_model_and_a_frozen_graph():
    files = ModelFiles({"saved_model.pb": b"", "frozen.pb": b""})
    assert detect(files, "saved-model") == ("saved-model", "saved_model.pb")
    assert detect(files, "frozen-graph") == ("frozen-graph", "frozen.pb")
    with pytest.raises(ModelFormatError, match=r"expected a model in it, got my_saved_model.pb"):
        detect(ModelFiles({"my_saved_model.pb": b"", "x": b""}), "saved-model")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.txt": b"", "b.bin": b""}, "expected a model in it, got a.txt, b.bin"),
        ({"package.json": b"{}"}, "expected a model in it, got package.json"),
        ({"data.pkl": b"", "a.txt": b""}, "without running code, got 'data.pkl'"),
        ({"a.bin": b"", "b.bin": b""}, "got its weights alone; give the model.json with them"),
    ],
)
def test_files_without_a_model_are_refused(files, said):
    with pytest.raises(ModelFormatError, match=said):
        detect(ModelFiles(files))


@pytest.mark.parametrize(
    ("name", "content"),
    [("photo.jpg", b"\xff\xd8\xff"), ("empty", b""), ("model.pt", b"\x80\x02"), ("a.txt", b"text")],
)
def test_file_of_another_kind_is_refused(name, content):
    with pytest.raises(ModelFormatError, match=r"expected a model"):
        detect(ModelFiles.open((name, content)))


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n"
PAGE = b"\n<!DOCTYPE html><html><title>404</title>"


@pytest.mark.parametrize("format", [None, "keras", "tflite"])
@pytest.mark.parametrize("name", ["m.keras", "m.tflite", "m.pb", "model.json", "m.onnx", "m"])
@pytest.mark.parametrize(("content", "said"), [(LFS, "a Git LFS pointer"), (PAGE, "a web page")])
def test_what_was_saved_under_a_models_name_is_called_by_its_own(name, format, content, said):
    with pytest.raises(ModelFormatError, match=rf"^{name}: expected a model, got {said}"):
        detect(ModelFiles.open((name, content)), format)


def test_weights_alone_are_called_so():
    with pytest.raises(
        ModelFormatError, match=r"expected a model, got its weights alone; give the"
    ):
        detect(ModelFiles.open(("group1-shard1of1.bin", b"\0\1\2\3")))


def test_tensorflow_js_may_be_named_without_saying_which():
    for content, kind in ((LAYERS, "tfjs-layers"), (GRAPH, "tfjs-graph")):
        files = ModelFiles({"model.json": content, "m.h5": HDF5})
        assert detect(files, "tfjs") == (kind, "model.json")


def test_format_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"format: expected one of tfjs, .*, got 'caffe'"):
        detect(ModelFiles({"a": b""}), "caffe")


def test_no_more_json_is_searched_than_one_document_may_have(monkeypatch):
    document = b'{"modelTopology": {}}'
    monkeypatch.setattr(module, "_MAX_JSON_BYTES", 2 * len(document))
    files = {f"{number}.json": b" " * (len(document) - 2) + b"{}" for number in range(3)}
    read: list[str] = []

    def take(self, name):
        read.append(name)
        return b""

    monkeypatch.setattr(ModelFiles, "read", take)
    with pytest.raises(ModelFormatError, match="expected a model in it"):
        detect(ModelFiles(files))
    assert len(read) == 2
