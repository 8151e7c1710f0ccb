"""A process that is killed while it saves a model leaves the old one or the new one."""

import os
import random
import time
from functools import partial

import numpy as np
import pytest

import marcelle_nb as mnb
from marcelle_nb.models.knn import KNN
from tests import model_writers
from tests.eventually import eventually

KILLS = int(os.environ.get("MARCELLE_NB_KILLS", "6"))


def _has_begun(told):
    return told.exists() and told.stat().st_size > 0


@pytest.mark.parametrize("work", [model_writers.save_forever, model_writers.sync_forever])
def test_a_killed_save_leaves_the_old_model_or_the_new_one(work, tmp_path):
    place = str(tmp_path / "a.db")
    for number in range(KILLS):
        told = tmp_path / f"told-{number}"
        process = model_writers.start(work, place, str(told))
        eventually(partial(_has_begun, told))
        time.sleep(random.uniform(0, 0.15))
        process.kill()
        process.join()
        last = int(told.read_text().split("\n")[-2])
        with mnb.data_store(place) as store:
            store.check()
            model = KNN()
            model.load(store, "killed")
            version = int(model.labels[0].removeprefix("v"))
            assert version in (last, last + 1)
            assert model.labels == [f"v{version}", f"w{version}"]
            x = np.eye(1, model_writers.WIDTH, version % model_writers.WIDTH)[0]
            assert model.predict(x).confidences == {f"v{version}": 0.5, f"w{version}": 0.5}
            count = store.service("knn-classifier-models").count({"name": "killed"})
            assert count == (number + 1 if work is model_writers.save_forever else 1)
