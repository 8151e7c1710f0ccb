"""Image features, on pictures that the tests draw themselves."""

import copy
import pickle
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import marcelle_nb as mnb
from marcelle_nb.errors import ImageRejected, ModelFormatError, TrainingError
from marcelle_nb.features.feature_file import read_features
from marcelle_nb.features.shipped_features import FILE
from marcelle_nb.image import resize
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.image_features import ImageFeatures
from tests.drawn_scenes import SIZE, few_shot_accuracy, scene, views
from tests.small_features import PLAN, write_small_features

HANDMADE = ImageFeatures(kind="handmade")
LEARNED = ImageFeatures()
every_kind = pytest.mark.parametrize("features", [LEARNED, HANDMADE], ids=["learned", "handmade"])

SEEDS = st.integers(0, 2**16)


def disc(x, light=1.0):
    """Draw an orange disc on blue, its centre `x` of the width from the left."""
    down, right = np.mgrid[:SIZE, :SIZE] / SIZE
    picture = np.full((SIZE, SIZE, 3), (40, 60, 140), dtype=np.float64)
    picture[np.hypot(right - x, down - 0.5) < 0.15] = (230, 140, 30)
    return (picture * light).astype(np.uint8)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


# What the numbers are


@every_kind
def test_the_same_picture_gives_the_same_numbers(features):
    first = features.process(scene(1))
    assert np.array_equal(first, ImageFeatures(kind=features.kind).process(scene(1)))


def test_handmade_numbers_change_only_with_the_version():
    # Whoever changes the filters changes the version as well, and both here: instances made before
    # and after cannot be trained on together.
    vector = HANDMADE.process(scene(7))
    waves = np.cos(np.outer(np.arange(1, 7), np.arange(HANDMADE.n_features)))
    expected = [-1.092, 3.513, 1.969, 1.188, -6.693, 1.918]
    assert HANDMADE.version == "handmade-2"
    assert waves @ vector == pytest.approx(expected, abs=0.02)


@every_kind
def test_numbers_are_float32_and_as_many_as_announced(features):
    vector = features.process(scene(1))
    assert vector.dtype == np.float32
    assert vector.shape == (features.n_features,)
    assert features.n_features <= 512


@every_kind
def test_several_threads_get_the_same_numbers(features):
    pictures = [scene(number) for number in range(24)]
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(features.process, pictures))
    assert np.array_equal(rows, features.process_many(pictures))


@every_kind
def test_the_given_picture_is_not_changed(features):
    picture = scene(1)
    picture.flags.writeable = False
    features.process(picture)
    assert np.array_equal(picture, scene(1))


# What goes in


@every_kind
def test_every_kind_of_image_gives_the_numbers_of_its_rgb_pixels(features):
    picture = scene(3)
    expected = features.process(picture)
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, dtype=np.uint8)])
    for same in (opaque, Image.fromarray(picture), Image.fromarray(opaque), picture.tolist()):
        assert np.array_equal(features.process(same), expected)


@every_kind
def test_gray_gives_the_numbers_of_three_equal_channels(features):
    gray = scene(3)[:, :, 0]
    expected = features.process(np.dstack([gray] * 3))
    assert np.array_equal(features.process(gray), expected)
    assert np.array_equal(features.process(Image.fromarray(gray)), expected)


@every_kind
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
        elements=st.sampled_from([0, 1, 128, 254, 255]),
    )
)
def test_any_pixels_give_finite_numbers_that_are_not_all_zero(features, picture):
    vector = features.process(picture)
    assert np.isfinite(vector).all()
    assert vector.any()


@every_kind
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 700), (3000, 4000)])
@pytest.mark.parametrize("value", [0, 255])
def test_plain_pictures_of_any_size_give_the_same_numbers(features, shape, value):
    vector = features.process(np.full((*shape, 3), value, dtype=np.uint8))
    usual = features.process(np.full((224, 224, 3), value, dtype=np.uint8))
    assert vector == pytest.approx(usual, abs=1e-4)


def test_handmade_features_tell_plain_colours_apart():
    black, white, red, blue = HANDMADE.process_many(
        np.full((8, 8, 3), colour, dtype=np.uint8)
        for colour in [(0, 0, 0), (255, 255, 255), (200, 30, 30), (30, 30, 200)]
    )
    assert cosine(black, white) < 0.99
    assert cosine(red, blue) < 0.5
    assert cosine(red, white) < 0.5


@every_kind
@pytest.mark.parametrize("value", [np.zeros(5), np.zeros((0, 4, 3)), "cat.jpg", None])
def test_what_is_no_image_is_refused(features, value):
    with pytest.raises(ImageRejected, match="image: expected"):
        features.process(value)


# What the numbers are good for


@every_kind
def test_a_few_examples_tell_scenes_apart_better_than_pixels_do(features):
    pictures = views(n_scenes=20, n_views=8, seed=0)
    pixels = np.stack([resize(picture, 16, 16).ravel() for picture in pictures]).astype(np.float64)
    by_features = few_shot_accuracy(features.process_many(pictures), 20, 8)
    for rows in (pixels, pixels - pixels.mean(axis=0)):
        assert by_features > few_shot_accuracy(rows, 20, 8) + 0.05


def test_learned_features_know_a_scene_again():
    # How well they do on photos is told by the model card; here is only what is always so.
    same, other = [], []
    for seed in range(40):
        row = LEARNED.process(scene(seed))
        assert cosine(row, LEARNED.process(resize(scene(seed), 300, 120))) > 0.8
        moved = LEARNED.process(scene(seed, shift=(0.03, -0.02), angle=0.05))
        same.append(cosine(row, moved))
        other.append(cosine(row, LEARNED.process(scene(seed + 1))))
    assert np.mean(np.array(same) > np.array(other)) > 0.9


@settings(deadline=None)
@given(SEEDS, st.integers(48, 400), st.integers(48, 400))
def test_stretching_changes_little(seed, width, height):
    picture = scene(seed)
    stretched = HANDMADE.process(resize(picture, width, height))
    assert cosine(HANDMADE.process(picture), stretched) > 0.9


@settings(deadline=None)
@given(SEEDS, st.floats(0.6, 1.1), st.integers(0, 12))
def test_exposure_changes_little(seed, gain, offset):
    picture = scene(seed)
    lit = (picture * gain + offset).astype(np.uint8)
    assert cosine(HANDMADE.process(picture), HANDMADE.process(lit)) > 0.9


@settings(deadline=None)
@given(SEEDS, SEEDS)
def test_another_view_is_more_alike_than_another_scene(seed, other):
    moved = HANDMADE.process(scene(seed, shift=(0.03, -0.02), angle=0.05))
    stranger = HANDMADE.process(scene(other if other != seed else seed + 1))
    assert cosine(HANDMADE.process(scene(seed)), moved) > cosine(stranger, moved)


def test_left_and_right_differ_more_than_light_and_shadow():
    left, left_in_shadow = HANDMADE.process(disc(0.3)), HANDMADE.process(disc(0.3, light=0.6))
    assert cosine(left, left_in_shadow) > cosine(left, HANDMADE.process(disc(0.7))) + 0.05


# Many at once


@every_kind
def test_many_give_the_rows_of_each(features):
    pictures = [scene(1), Image.fromarray(scene(2)), scene(3)[:50]]
    rows = features.process_many(iter(pictures))
    assert type(rows) is np.ndarray
    assert rows.dtype == np.float32
    assert np.array_equal(rows, [features.process(picture) for picture in pictures])


@every_kind
def test_many_take_a_stack_of_pictures(features):
    stack = np.stack([scene(1), scene(2)])
    assert np.array_equal(features.process_many(stack)[1], features.process(scene(2)))


@every_kind
def test_no_pictures_give_no_rows(features):
    assert features.process_many([]).shape == (0, features.n_features)


# The object


def test_the_learned_ones_are_the_default():
    assert ImageFeatures() == ImageFeatures(kind="learned") == ImageFeatures("learned")
    assert LEARNED.kind == "learned"


def test_an_unknown_kind_is_refused():
    with pytest.raises(
        ValueError, match=r"^kind: expected 'learned' or 'handmade', got 'x' .*file="
    ):
        ImageFeatures(kind="x")


def test_handmade_features_come_from_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"^file: expected none for 'handmade' features, got "):
        ImageFeatures(kind="handmade", file=tmp_path / "a")


def test_it_says_what_it_is():
    expected = "ImageFeatures(kind='handmade', version='handmade-2', n_features=509)"
    assert repr(HANDMADE) == expected
    assert re.fullmatch(
        r"ImageFeatures\(kind='learned', version='learned-1-[0-9a-f]{8}', n_features=256\)",
        repr(LEARNED),
    )


@every_kind
def test_it_cannot_be_changed(features):
    with pytest.raises(AttributeError):
        features.kind = "x"


def copies(features):
    return [
        pickle.loads(pickle.dumps(features)),
        copy.copy(features),
        copy.deepcopy(features),
        copy.deepcopy({"a": features})["a"],
        pickle.loads(pickle.dumps(features.process)).__self__,
    ]


@every_kind
def test_copies_are_equal_and_give_the_same_numbers(features):
    for other in copies(features):
        assert other == features
        assert hash(other) == hash(features)
        assert np.array_equal(other.process(scene(1)), features.process(scene(1)))


@every_kind
def test_a_pickle_of_what_the_package_has_is_small(features):
    features.process(scene(1))
    assert len(pickle.dumps(features.process)) < 300


def test_kinds_are_not_equal():
    assert LEARNED != HANDMADE
    assert HANDMADE != "handmade"
    assert len({LEARNED, HANDMADE, ImageFeatures()}) == 2


# Features of a file


def test_features_of_a_file_are_those_that_it_holds(tmp_path):
    path = write_small_features(tmp_path / "own.features")
    own = ImageFeatures(file=path)
    vector = own.process(scene(1))
    assert own.n_features == len(vector) == PLAN.n_features
    assert own.version == vector.version != LEARNED.version
    assert own.file == path
    assert np.array_equal(vector, read_features(path).describe(scene(1)))
    assert ImageFeatures(file=str(path)) == own != LEARNED
    assert ImageFeatures(file=write_small_features(tmp_path / "other", seed=1)) != own


def test_features_of_a_file_need_it_only_once(tmp_path):
    path = write_small_features(tmp_path / "own.features")
    own = ImageFeatures(file=path)
    pickled = pickle.dumps(own)
    path.unlink()
    for other in [*copies(own), pickle.loads(pickled)]:
        assert other == own
        assert other.file == str(path)
        assert np.array_equal(other.process(scene(1)), own.process(scene(1)))


def test_a_copy_of_the_shipped_file_is_the_same_features(tmp_path):
    again = ImageFeatures(file=shutil.copy(FILE, tmp_path / "again"))
    assert again == LEARNED
    assert np.array_equal(again.process(scene(1)), LEARNED.process(scene(1)))


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "a.features"
    path.write_bytes(b"something else")
    with pytest.raises(ModelFormatError, match=r"^a\.features: expected a file of image features"):
        ImageFeatures(file=path)
    with pytest.raises(FileNotFoundError):
        ImageFeatures(file=tmp_path / "none")


# What learns from them


MODELS = [mnb.knn, partial(mnb.mlp, epochs=2), partial(mnb.mlp_regressor, epochs=2)]


def recorded(features, n=6):
    data = mnb.dataset("recorded")
    data.clear()
    for number in range(n):
        data.create({"x": features.process(scene(number)), "y": number % 2})
    return data


@every_kind
def test_an_instance_says_which_features_it_has(features):
    assert [one["features"] for one in recorded(features).items()] == [features.version] * 6


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("old", [LEARNED, HANDMADE], ids=["learned", "handmade"])
def test_a_model_refuses_what_other_features_made(make, old):
    new = HANDMADE if old is LEARNED else LEARNED
    model = make()
    model.train(labelled(recorded(old), model)).wait(60)
    assert model.predict(old.process(scene(1))) is not None
    assert model.predict(list(old.process(scene(1)))) is not None  # nobody knows what made it
    with pytest.raises(ValueError, match=r"^x: expected image features of version ") as refused:
        model.predict(new.process(scene(1)))
    for part in (old.version, new.version, 'image_features(kind="handmade") goes on with'):
        assert part in str(refused.value)


@pytest.mark.parametrize("make", MODELS)
def test_a_mixture_is_a_clear_error(make):
    data, model = recorded(HANDMADE), make()
    data.create({"x": LEARNED.process(scene(9)), "y": 1})
    with pytest.raises(TrainingError, match="one version") as refused:
        model.train(labelled(data, model)).wait(60)
    told = str(refused.value)
    assert HANDMADE.version in told
    assert LEARNED.version in told
    assert "mnb.image_features(kind=\"handmade\") goes on with 'handmade-2'" in told


def labelled(data, model):
    """Give rows with numbers or labels, as the model learns them."""
    if isinstance(model, mnb.mlp_regressor):
        return list(data.items())
    return [{**one, "y": str(one["y"])} for one in data.items()]


# The version that a vector carries


@every_kind
def test_a_vector_carries_the_version(features):
    assert features.process(scene(1)).version == features.version


@pytest.mark.parametrize(
    "derive",
    [
        lambda v: v[:3],
        lambda v: v[v > 0],
        lambda v: v[None],
        lambda v: v.reshape(1, -1),
        lambda v: v.view(),
        lambda v: v.copy(),
        copy.deepcopy,
        np.copy,
        np.asarray,
        lambda v: v.astype(np.float64),
        lambda v: v * 2,
        lambda v: -v,
        lambda v: v + v,
        np.add.accumulate,
        lambda v: np.concatenate([v, v]),
        lambda v: pickle.loads(pickle.dumps(v)),
    ],
)
def test_what_is_made_from_a_vector_has_no_version(derive):
    vector = FeatureVector([1, 2, 3, 4], "handmade-2")
    assert getattr(derive(vector), "version", None) is None
    assert vector.version == "handmade-2"


@pytest.mark.parametrize("compute", [lambda v: v * 2, np.sqrt, lambda v: v > 0, lambda v: v @ v])
def test_arithmetic_gives_plain_results(compute):
    vector = FeatureVector([1, 2, 3], "handmade-2")
    plain = compute(np.array([1, 2, 3], dtype=np.float32))
    assert type(compute(vector)) is type(plain)
    assert np.array_equal(compute(vector), plain)


def test_sums_are_numbers():
    vector = FeatureVector([1, 2, 3], "handmade-2")
    assert isinstance(vector.sum(), np.float32)
    assert isinstance(vector[0], np.float32)


def test_a_vector_written_into_loses_its_version():
    written = FeatureVector([1, 2, 3], "handmade-2")
    written[0] = 5
    doubled = same = FeatureVector([1, 2, 3], "handmade-2")
    same *= 2
    assert written.version is None
    assert doubled.version is None


@every_kind
def test_an_array_of_a_vector_is_plain(features):
    assert type(np.asarray(features.process(scene(1)))) is np.ndarray


def test_a_vector_does_not_share_the_values_it_was_made_of():
    values = np.zeros(3, dtype=np.float32)
    vector = FeatureVector(values, "handmade-2")
    values[0] = 1
    assert vector[0] == 0
