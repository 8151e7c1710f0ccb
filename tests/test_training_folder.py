import numpy as np
import pytest

from marcelle_nb.features.target_space import TargetSpace
from marcelle_nb.features.training_folder import TrainingFolder

SETTINGS = {"batch_size": 64, "seed": 0}
SPACE = TargetSpace(np.arange(3, dtype=np.float32), np.eye(3, 2, dtype=np.float32))


def begun(path):
    path.mkdir()
    folder = TrainingFolder(path, SETTINGS)
    folder.space(lambda: SPACE)
    return folder


def never():
    raise AssertionError("the goal was found again")


def test_goal_is_found_once(tmp_path):
    begun(tmp_path / "work")
    again = TrainingFolder(tmp_path / "work", SETTINGS).space(never)
    assert all(np.array_equal(*pair) for pair in zip(again, SPACE, strict=True))


def test_other_settings_are_refused_by_what_differs(tmp_path):
    begun(tmp_path / "work")
    other = TrainingFolder(tmp_path / "work", {"batch_size": 64, "seed": 7})
    with pytest.raises(ValueError, match="training of seed 0, got one of seed 7; --work names"):
        other.check()


def test_folder_of_nothing_is_taken(tmp_path):
    TrainingFolder(tmp_path, SETTINGS).check()


def test_training_without_its_goal_is_refused(tmp_path):
    folder = begun(tmp_path / "work")
    folder.training.write_bytes(b"any")
    (tmp_path / "work" / "goal.npz").unlink()
    with pytest.raises(ValueError, match=r"goal\.npz: expected it beside training\.npz"):
        folder.check()


def arrays(path, **named):
    with path.open("wb") as file:
        np.savez(file, **named)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: path.write_bytes(b"none"),
        lambda path: arrays(path, mean=np.zeros(3)),
        lambda path: arrays(path, settings=np.array("{}"), **SPACE._asdict()),
        lambda path: arrays(path, settings=np.array("[1]"), **SPACE._asdict()),
        lambda path: arrays(
            path, settings=np.array('{"batch_size": 64, "seed": 0}'), mean=np.full(3, np.nan),
            directions=np.eye(3),
        ),
        lambda path: arrays(path, settings=np.array([{}], dtype=object), mean=1, directions=1),
    ],
)  # fmt: skip
def test_damaged_goal_is_named_with_what_to_do(tmp_path, write):
    folder = begun(tmp_path / "work")
    write(tmp_path / "work" / "goal.npz")
    with pytest.raises(ValueError, match=r"goal\.npz: expected .*; delete it and training\.npz"):
        folder.check()


def test_folder_is_held_by_one_and_free_again(tmp_path):
    one, other = (TrainingFolder(tmp_path / "work", SETTINGS) for _ in range(2))
    with (
        one.held(),
        pytest.raises(ValueError, match="that no other training uses"),
        other.held(),
    ):
        pass
    with other.held():
        assert (tmp_path / "work").is_dir()


def test_disk_without_locks_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("marcelle_nb.features.training_folder.try_lock", lambda file: None)
    with TrainingFolder(tmp_path / "work", SETTINGS).held():
        assert [it.name for it in (tmp_path / "work").iterdir()] == ["in-use.lock"]
