import numpy as np
import pytest

from marcelle_nb.errors import InstanceRejected, RunCancelled, TrainingError
from marcelle_nb.models import classifier as module
from marcelle_nb.models.classifier import SLICE, check_version
from marcelle_nb.models.knn import KNN
from marcelle_nb.run import Run


def idle():
    """Give a run that is not cancelled."""
    return Run(lambda _: None)


def instances(*xs):
    return [{"id": str(i), "x": np.array(x), "y": "a"} for i, x in enumerate(xs)]


def test_images_become_numbers_from_zero_to_one():
    rows, _, _ = KNN()._arrays(idle(), instances(np.full((2, 3, 3), 255, np.uint8)))
    assert (rows == np.ones((1, 18))).all()
    assert rows.dtype == np.float32


def test_rows_stay_as_they_are():
    rows, labels, version = KNN()._arrays(idle(), instances([1.0, 2.0]))
    assert (rows.tolist(), labels, version) == ([[1.0, 2.0]], ["a"], None)


@pytest.mark.parametrize("count", [1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE])
def test_instances_in_blocks_keep_their_order(count):
    rows, labels, _ = KNN()._arrays(idle(), instances(*[[float(i), 1.0] for i in range(count)]))
    assert rows[:, 0].tolist() == list(range(count))
    assert len(labels) == count


def test_an_instance_of_a_later_block_must_have_the_shape_of_the_first():
    given = instances(*[[1.0, 2.0]] * SLICE, [1.0])
    with pytest.raises(InstanceRejected, match=rf"x of instance {SLICE}: expected shape \(2,\)"):
        KNN()._arrays(idle(), given)


def test_a_cancelled_run_reads_no_further_block(monkeypatch):
    run, read = idle(), list[int]()

    def as_arrays(block, shape, dtype):
        read.append(len(block))
        run.cancel()
        return np.zeros((len(block), *shape), np.float32), ["a"] * len(block)

    monkeypatch.setattr(module, "as_arrays", as_arrays)
    with pytest.raises(RunCancelled):
        KNN()._arrays(run, instances(*[[1.0]] * 3 * SLICE))
    assert read == [SLICE]


def test_no_instances_are_too_few():
    with pytest.raises(TrainingError, match="KNN: expected at least one instance"):
        KNN()._arrays(idle(), [])


def test_the_version_of_the_features_is_found():
    rows = [{**row, "features": "v1"} for row in instances([1.0])]
    assert KNN()._arrays(idle(), rows)[2] == "v1"


def test_two_versions_are_refused_in_order():
    rows = [{**row, "features": v} for row, v in zip(instances([1.0], [2.0]), "ba", strict=True)]
    with pytest.raises(InstanceRejected, match=r"\['a', 'b'\]"):
        KNN()._arrays(idle(), rows)


def test_unnamed_and_one_named_version_pass_as_the_named_one():
    rows = [
        {**row, "features": v} for row, v in zip(instances([1.0], [2.0]), (None, "v1"), strict=True)
    ]
    assert KNN()._arrays(idle(), rows)[2] == "v1"


@pytest.mark.parametrize(
    ("given", "trained"), [(None, "v1"), ("v1", None), ("v1", "v1"), (None, None)]
)
def test_unknown_and_equal_versions_pass(given, trained):
    check_version("x", given, trained)


def test_another_version_is_refused():
    with pytest.raises(ValueError, match="x: expected image features of version 'v1', got 'v2'"):
        check_version("x", "v2", "v1")


class TwoLabels(KNN):
    title = "Two"
    min_labels = 2


def test_too_few_labels_are_refused_by_number():
    with pytest.raises(
        TrainingError, match="Two: expected at least 2 different labels, got only 'a'"
    ):
        TwoLabels()._distinct(["a", "a"])


def test_labels_keep_their_order():
    assert TwoLabels()._distinct(["b", "a", "b"]) == ["b", "a"]
