import json
import struct

import numpy as np
import pytest
from typer.testing import CliRunner

from marcelle_nb.cli import app
from marcelle_nb.features import crop_pool, feature_training
from marcelle_nb.features.feature_file import MAGIC, read_features
from marcelle_nb.features.feature_training import FeatureTraining
from marcelle_nb.features.learning import Learning
from marcelle_nb.features.measured_features import likeness
from marcelle_nb.features.target_space import TargetSpace
from marcelle_nb.features.teacher import Teacher
from marcelle_nb.features.training_folder import TrainingFolder
from tests.small_photos import write_photos


def corners(images):
    """Describe a picture by the means of its quarters: what a teacher might."""
    n, side = images.shape[:2]
    halves = images.reshape(n, 2, side // 2, 2, side // 2, 3)
    return halves.mean(axis=(2, 4)).reshape(n, 12)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    for module in (crop_pool, feature_training):
        monkeypatch.setattr(module, "CHUNK", 8)
    monkeypatch.setattr(Teacher, "load", lambda source: Teacher(source, 32, corners))


@pytest.fixture
def photos(tmp_path):
    return write_photos(tmp_path / "photos")


def training(tmp_path, photos, **values):
    values = {"n_crops": 24, "n_steps": 2, "batch_size": 4, **values}
    return FeatureTraining(
        photos=[photos], teacher=Teacher("quarters.tflite", 32, corners, "12ab"),
        out=tmp_path / "out.features", work=tmp_path / "work", **values,
    )  # fmt: skip


def run(tmp_path, photos, **values):
    told: list[str] = []
    training(tmp_path, photos, **values).run(told.append)
    return told


def made(tmp_path):
    data = (tmp_path / "out.features").read_bytes()
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    return json.loads(data[len(MAGIC) + 4 :][:length])["made"]


def goal(tmp_path):
    with np.load(tmp_path / "work" / "goal.npz") as file:
        return TargetSpace(file["mean"], file["directions"])


def test_training_writes_features_that_describe_pictures(tmp_path, photos):
    told: list[str] = []
    version = training(tmp_path, photos).run(told.append)
    extractor = read_features(tmp_path / "out.features")
    assert extractor.version == version
    assert extractor.describe(np.zeros((48, 64, 3), np.uint8)).shape == (12,)
    assert told[0] == "3 photos, 24 crops of them"
    assert "likeness to the teacher on crops held out" in told[-1]


def test_file_tells_how_it_was_made(tmp_path, photos):
    run(tmp_path, photos, half=True)
    told = made(tmp_path)
    wanted = {
        "teacher": "quarters.tflite", "teacher_digest": "12ab", "photos": 3, "crops": 24,
        "side": 104, "steps": 2, "of_steps": 2, "batch_size": 4, "seed": 0, "half": True,
        "held_out_crops": 8,
    }  # fmt: skip
    assert {name: told[name] for name in wanted} == wanted


def test_likeness_is_that_of_the_file_on_the_crops_that_are_held_out(tmp_path, photos):
    run(tmp_path, photos)
    crops = np.load(tmp_path / "work" / "crops" / "crops-00000.npy")
    vectors = np.load(tmp_path / "work" / "crops" / "targets-00000.npy").astype(np.float32)
    found = likeness(
        read_features(tmp_path / "out.features"), crops, goal(tmp_path).targets(vectors)
    )
    assert made(tmp_path)["held_out_likeness"] == pytest.approx(found, abs=1e-4)


def test_first_crops_are_held_out_of_the_learning_also_when_there_are_more(
    tmp_path, photos, monkeypatch
):
    first = []

    class Seen(Learning):
        def __init__(self, student, crops, targets, **options):
            first.append((len(crops), np.array(crops[0]), len(targets)))
            super().__init__(student, crops, targets, **options)

    monkeypatch.setattr(feature_training, "Learning", Seen)
    for n_crops in (16, 32):
        run(tmp_path, photos, n_crops=n_crops)
    second = np.load(tmp_path / "work" / "crops" / "crops-00001.npy")
    assert [(n, n_targets) for n, _, n_targets in first] == [(1, 8), (3, 24)]
    assert all(np.array_equal(crops, second) for _, crops, _ in first)


def test_goal_is_found_without_the_crops_that_are_held_out(tmp_path, photos):
    run(tmp_path, photos, n_crops=16)
    learned = np.load(tmp_path / "work" / "crops" / "targets-00001.npy").astype(np.float32)
    assert np.allclose(goal(tmp_path).mean, learned.mean(axis=0))


def test_goal_stays_the_same_when_there_are_more_crops(tmp_path, photos):
    run(tmp_path, photos, n_crops=16)
    before = goal(tmp_path)
    told = run(tmp_path, photos, n_crops=48, n_steps=4)
    assert all(np.array_equal(*pair) for pair in zip(before, goal(tmp_path), strict=True))
    assert "4 steps, 2 before: the learning rate follows the new number" in told
    assert "goes on after step 2 of 4" in told
    assert made(tmp_path)["crops"] == 48


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"batch_size": 8}, "batch_size 4, got one of batch_size 8"),
        ({"seed": 1}, "seed 0, got one of seed 1"),
        ({"half": True}, "half False, got one of half True"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(tmp_path, photos, values, said):
    run(tmp_path, photos)
    before = (tmp_path / "out.features").read_bytes()
    with pytest.raises(ValueError, match=f"{said}; --work names another folder"):
        run(tmp_path, photos, **values)
    assert (tmp_path / "out.features").read_bytes() == before


def test_time_that_is_over_before_the_learning_leaves_no_file(tmp_path, photos):
    assert run(tmp_path, photos, minutes=0)[-1] == "the time is over; the same command goes on"
    assert not (tmp_path / "out.features").exists()


def test_training_goes_on_where_it_was_interrupted(tmp_path, photos, monkeypatch):
    monkeypatch.setattr(feature_training, "SECONDS_BETWEEN_LINES", 0.0)

    def tell(line):
        if line.startswith("step 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training(tmp_path, photos).run(tell)
    assert (made(tmp_path)["steps"], made(tmp_path)["of_steps"]) == (1, 2)
    told = run(tmp_path, photos)
    assert [line[:6] for line in told if line.startswith("step")] == ["step 2"]


def test_finished_training_says_so_and_writes_the_file_again(tmp_path, photos):
    run(tmp_path, photos)
    (tmp_path / "out.features").unlink()
    assert "nothing left to learn; the file is written again" in run(tmp_path, photos)
    assert (tmp_path / "out.features").exists()


def test_second_training_in_the_same_folder_is_refused(tmp_path, photos):
    with (
        TrainingFolder(tmp_path / "work", {}).held(),
        pytest.raises(ValueError, match="expected a folder that no other training uses"),
    ):
        run(tmp_path, photos)


def test_photos_that_cannot_be_read_are_named(tmp_path, photos):
    (photos / "bad\nname.jpg").write_bytes(b"none")
    whole = (photos / "0.png").read_bytes()
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    told = run(tmp_path, photos)
    assert told[0] == "5 photos; 1 of them cannot be read: 'bad\\nname.jpg'"
    assert told[1] == "4 photos, 24 crops of them"
    assert told.count("damaged, others stand in for them: 'cut.png'") == 1


def test_one_crop_in_a_large_batch_is_one_step(tmp_path, photos):
    assert training(tmp_path, photos, n_steps=None, batch_size=512)._steps(16) == 1


def test_crops_are_whole_chunks_and_two_at_least(tmp_path, photos):
    given = [training(tmp_path, photos, n_crops=n)._crops(3) for n in (1, 16, 17)]
    assert given == [16, 16, 24]


def test_folder_as_the_file_is_refused_before_anything_is_made(tmp_path, photos):
    (tmp_path / "out.features").mkdir()
    with pytest.raises(IsADirectoryError, match="out: expected a file"):
        run(tmp_path, photos)
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    "values", [{"n_crops": 0}, {"n_steps": 0}, {"batch_size": 1}, {"seed": -1}, {"minutes": -1}]
)
def test_numbers_that_are_too_small_are_refused(tmp_path, photos, values):
    (name,) = values
    with pytest.raises(ValueError, match=f"{name}: expected at least"):
        training(tmp_path, photos, **values)


def test_command_trains_and_says_what_it_wrote(tmp_path, photos):
    out = tmp_path / "own.features"
    result = CliRunner().invoke(
        app,
        ["features", "train", str(photos), "--teacher", "t", "--out", str(out), "--crops", "24",
         "--steps", "1", "--batch-size", "4"],
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    version = read_features(out).version
    assert result.stdout.splitlines()[-1] == f"{out}  {out.stat().st_size:,} bytes  {version}"
    assert (tmp_path / "own.features.training" / "training.npz").exists()


def test_command_without_photos_fails_in_one_line(tmp_path):
    arguments = ["features", "train", str(tmp_path), "--teacher", "t", "--out", str(tmp_path / "a")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("marcelle-nb: photos: expected files of")
