"""One file of several."""

import io
import zipfile

from marcelle_nb.models.model_parcel import model_parcel


def test_a_single_file_is_given_as_it_is():
    assert model_parcel({"deep/knn.json": b"{}"}, "other") == ("knn.json", b"{}")


def test_several_files_become_a_zip_that_is_the_same_every_time():
    files = {"model.json": b"{}" * 1000, "variables/a.bin": b"\0\1"}
    name, data = model_parcel(files, "mlp")
    assert name == "mlp.zip"
    assert model_parcel(files, "mlp") == (name, data)
    assert len(data) < 1500
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {it: archive.read(it) for it in archive.namelist()} == files
