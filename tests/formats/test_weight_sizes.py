import json

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.weight_sizes import check_weight_sizes


def check(*shards):
    names = [f"{number}.bin" for number in range(len(shards))]
    weights = [{"name": "w", "shape": [5], "dtype": "float32"}]
    manifest = [{"paths": names, "weights": weights}]
    document = {"modelTopology": {"node": []}, "weightsManifest": manifest}
    given = dict(zip(names, map(bytes, shards), strict=True))
    files = ModelFiles({"model.json": json.dumps(document).encode(), **given})
    check_weight_sizes(files, ModelJson.read(files, "model.json"))


def test_shards_together_have_what_their_tensors_need():
    check(20)
    check(7, 13)


@pytest.mark.parametrize("sizes", [(19,), (24,), (20, 1), (0,)])
def test_other_sizes_are_refused(sizes):
    with pytest.raises(ModelFormatError, match=f"expected 20 bytes of weights, got {sum(sizes)}"):
        check(*sizes)
