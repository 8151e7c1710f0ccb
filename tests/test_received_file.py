from pathlib import Path

from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.received_file import ReceivedFile


def test_it_is_a_pair_of_name_and_content():
    name, content = ReceivedFile("a.bin", b"123")
    assert (name, content) == ("a.bin", b"123")


def test_its_repr_holds_no_content():
    assert repr(ReceivedFile("a.bin", bytes(2_000))) == "ReceivedFile('a.bin', 2,000 bytes)"


def test_several_are_files_of_a_model():
    files = [ReceivedFile("model.json", b"{}"), ReceivedFile("w.bin", b"12")]
    opened = ModelFiles.open(files)
    assert {name: opened.size(name) for name in opened.names} == {"model.json": 2, "w.bin": 2}


def test_one_alone_is_a_file_of_a_model(tmp_path: Path):
    assert ModelFiles.open([ReceivedFile("m.tflite", b"12")]).main == "m.tflite"
