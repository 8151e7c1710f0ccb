import numpy as np
import pytest

from marcelle_nb.features import learning as module
from marcelle_nb.features import measured_features
from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.extractor import Extractor
from marcelle_nb.features.learning import Learning
from marcelle_nb.features.network_plan import NetworkPlan
from marcelle_nb.features.student import Student

PLAN = NetworkPlan(32, (Convolution(3, 8, 3, 4, None), Convolution(8, 8, 3, 2, None)), (1,), 4)
CROPS = np.random.default_rng(0).integers(0, 256, (4, 8, 32, 32, 3), dtype=np.uint8)
CROPS[:, ::2] //= 4  # every second one is dark, and is to be described by another vector
TARGETS = np.tile(np.eye(4, dtype=np.float32)[:2], (16, 1))


def learning(path, n_steps=6, plan=PLAN):
    student = Student(plan, seed=0)
    return student, Learning(
        student, list(CROPS), TARGETS, n_steps=n_steps, batch_size=8, seed=0, path=path
    )


def likeness(student):
    weights, biases = student.folded()
    extractor = Extractor(PLAN, weights, biases, "learned-1-0")
    return measured_features.likeness(extractor, CROPS[0], TARGETS[:8])


def losses(learning):
    return list(learning.run())


def test_loss_falls_and_likeness_rises(tmp_path):
    student, begun = learning(tmp_path / "a", 80)
    before = likeness(student)
    told = losses(begun)
    assert np.mean(told[-8:]) < 0.6 * np.mean(told[:8])
    assert likeness(student) > before


def test_same_seed_learns_the_same(tmp_path):
    first, second = (losses(learning(tmp_path / "a")[1]) for _ in range(2))
    assert np.allclose(first, second, rtol=1e-4)


def test_stopped_learning_goes_on_as_if_it_had_not_been(tmp_path):
    _, whole = learning(tmp_path / "none")
    told = losses(whole)
    _, begun = learning(tmp_path / "saved")
    for _ in begun.run():
        if begun.number == 3:
            break
    begun.save()
    _, again = learning(tmp_path / "saved")
    assert again.number == 3
    assert np.allclose(losses(again), told[3:], rtol=1e-3)


def test_finished_learning_has_no_steps_left(tmp_path):
    _, done = learning(tmp_path / "a", 2)
    losses(done)
    done.save()
    assert losses(learning(tmp_path / "a", 2)[1]) == []


def test_saved_training_of_another_network_is_refused(tmp_path):
    learning(tmp_path / "a")[1].save()
    wider = NetworkPlan(32, PLAN.layers, (0, 1), 4)
    with pytest.raises(ValueError, match="expected a training of this network"):
        learning(tmp_path / "a", plan=wider)


@pytest.mark.parametrize("data", [b"", b"none", b"PK\x03\x04none"])
def test_damaged_training_is_refused_by_name(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ValueError, match=r"a: expected a saved training.*; delete the file"):
        learning(tmp_path / "a")


def test_training_without_its_numbers_is_refused_by_name(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        np.savez(file, value_0=1, value_1=2)
    with pytest.raises(ValueError, match=r"a: expected a saved training.*; delete the file"):
        learning(tmp_path / "a")


def test_number_of_steps_that_were_planned_is_kept(tmp_path):
    _, begun = learning(tmp_path / "a", 6)
    assert begun.n_planned is None
    begun.save()
    assert learning(tmp_path / "a", 9)[1].n_planned == 6


def test_rate_rises_to_its_highest_and_falls_to_nothing(tmp_path):
    _, begun = learning(tmp_path / "a", 200)
    rates = [begun._rate(number) for number in range(201)]
    rising = round(200 * module.RISING_SHARE)
    assert rates[0] == pytest.approx(module.RATE / rising)
    assert max(rates) == rates[rising - 1] == pytest.approx(module.RATE)
    assert rates[200] == pytest.approx(0)
    assert np.all(np.diff(rates[rising:]) < 0)


def test_rate_of_a_single_step_is_the_highest(tmp_path):
    assert learning(tmp_path / "a", 1)[1]._rate(0) == pytest.approx(module.RATE)
