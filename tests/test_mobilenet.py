import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

import marcelle_nb as mnb
from marcelle_nb.errors import (
    DownloadRefused,
    HostUnreachable,
    ImageRejected,
    ModelFormatError,
    TrainingError,
    UnsupportedByModel,
)
from marcelle_nb.image import resize
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.mobilenet import MobileNet
from tests.eventually import DEADLINE_S, eventually
from tests.formats.web_server import send, web_server
from tests.formats.weights_server import LOGIN
from tests.mobilenet_weights import random_arrays, write_keras_weights

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9/w.h5"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_keras_weights(tmp_path_factory.mktemp("weights") / "w.h5", 1, 0.25)


@pytest.fixture(scope="module")
def server(weights):
    with web_server() as server:
        server.answers["/w.h5"] = weights.read_bytes()
        yield server


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Give a cache for all tests: to prepare a network takes seconds."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(server, cache, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(cache))

    def made(**options):
        return MobileNet(1, 0.25, **{"url": server.url("/w.h5"), **options})

    return made


@pytest.fixture
def new_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))


def picture(height=64, width=96, seed=0):
    rng = np.random.default_rng(seed)
    return resize(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8), width, height)


@pytest.fixture(scope="module")
def keras_model(weights):
    """Give the network as Keras reads the file."""
    import keras

    model = keras.applications.MobileNet((224, 224, 3), alpha=0.25, weights=None)
    model.load_weights(str(weights))
    return model


def test_answers_are_those_of_keras(make, keras_model):
    model = make()
    for seed in range(5):
        pixels = resize(picture(seed=seed), 224, 224)
        expected = keras_model(pixels[None].astype("f4") / 127.5 - 1, training=False).numpy()[0]
        found = model.predict(pixels)
        order = np.argsort(-expected)[:5]
        assert [*found.confidences] == [model.labels[i] for i in order]
        np.testing.assert_allclose([*found.confidences.values()], expected[order], rtol=1e-4)
        assert found.label == model.labels[order[0]]


def test_features_are_those_of_the_pooled_layer(make, keras_model):
    import keras

    pooled = keras.Model(keras_model.inputs[0], keras_model.get_layer(index=-5).output)
    pixels = resize(picture(), 224, 224)
    expected = pooled(pixels[None].astype("f4") / 127.5 - 1, training=False).numpy().ravel()
    np.testing.assert_allclose(make().process(pixels), expected, rtol=1e-3, atol=1e-5)


def test_features_carry_their_version(make):
    model = make()
    row = model.process(picture())
    assert (row.shape, row.dtype, model.n_features) == ((256,), np.float32, 256)
    assert row.version == model.features_version
    assert row.version.startswith("mobilenet-v1-0.25-")
    other = FeatureVector(row, "handmade-2")
    run = mnb.knn().train([{"x": row, "y": "a"}, {"x": other, "y": "b"}])
    with pytest.raises(TrainingError, match="one version"):
        run.wait(10)


def test_many_are_one_after_another(make):
    model = make()
    pictures = [picture(seed=seed) for seed in range(3)]
    rows = model.process_many(pictures)
    assert type(rows) is np.ndarray
    for row, image in zip(rows, pictures, strict=True):
        np.testing.assert_array_equal(row, model.process(image))
    assert model.predict_many(pictures) == [model.predict(image) for image in pictures]
    assert model.process_many([]).shape == (0, 256)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (224, 224), (1200, 800)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "CMYK"])
def test_pictures_of_every_kind_are_taken(make, size, mode):
    image = Image.fromarray(picture(*size)).convert(mode)
    assert np.isfinite(make().process(image)).all()


@pytest.mark.parametrize("x", [None, "a", np.zeros((0, 4, 3), np.uint8), 3])
def test_no_picture_is_refused(make, x):
    with pytest.raises(ImageRejected):
        make().predict(x)


def test_it_is_made_at_once_and_loads_in_the_background(new_cache):
    begun, go_on = threading.Event(), threading.Event()

    def answer(handler):
        begun.set()
        go_on.wait(20)
        send(handler, LOGIN)

    with web_server() as server:
        server.answers["/w.h5"] = answer
        model = MobileNet(1, 0.25, url=server.url("/w.h5"))  # before the answer is let go on
        assert not go_on.is_set()
        assert begun.wait(10)
        assert model.loading.value
        assert not model.ready
        assert model.training.value.status == "loading"
        go_on.set()
        with pytest.raises(DownloadRefused, match="sign-in"):
            model.predict(picture())
        assert eventually(lambda: not model.loading.value)
        assert eventually(lambda: model.training.value.status == "error")


def test_every_call_raises_the_error_of_loading(new_cache):
    model = MobileNet(2, 0.5, url=NOWHERE)
    for call in (model.predict, model.process, lambda x: model.process_many([x])):
        with pytest.raises(HostUnreachable, match=r"image_features\(\)"):
            call(picture())


def test_after_an_error_it_tries_again(make, server):
    model = make(url=server.url("/later.h5"))
    with pytest.raises(DownloadRefused, match="404"):
        model.predict(picture())
    server.answers["/later.h5"] = server.answers["/w.h5"]
    model.retry()
    assert model.predict(picture()).label in model.labels
    asked = model._asked
    model.retry()
    assert model._asked == asked  # no load was even asked for


def test_progress_is_told_and_ends(make, server, cache):
    content, go_on = server.answers["/w.h5"], threading.Event()

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:1_000_000])
        handler.wfile.flush()
        go_on.wait(20)
        handler.wfile.write(content[1_000_000:])

    server.answers["/slow.h5"] = answer
    model = make(url=server.url("/slow.h5"))
    expected = pytest.approx(1_000_000 / len(content), abs=0.01)
    told = model._synced()["bytes"]
    assert eventually(lambda: model.progress.value == expected, 20)
    assert eventually(lambda: told.value == f"1.0 of {len(content) / 1e6:.1f} MB")
    go_on.set()
    model.predict(picture())
    assert eventually(lambda: model.progress.value is None)
    assert model._synced()["state"].value == "Ready"


def test_a_model_that_is_closed_stops_its_download(make, server, new_cache):
    ended = threading.Event()

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "2000000")
        handler.end_headers()
        try:
            for _ in range(2000):
                handler.wfile.write(bytes(1000))
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            ended.set()

    server.answers["/endless.h5"] = answer
    model = make(url=server.url("/endless.h5"))
    assert eventually(lambda: model.progress.value is not None, 20)
    model.close()
    assert ended.wait(DEADLINE_S)


def test_it_cannot_be_trained_or_stored(make):
    model = make()
    for name in ("train", "save", "load", "download", "upload", "sync"):
        with pytest.raises(UnsupportedByModel):
            getattr(model, name)()


def test_it_describes_itself(make):
    model = make()
    model.predict(picture())
    assert "version: 1, alpha: 0.25, source: keras" in repr(model)
    assert "MobileNet" in model.static_html()


def test_from_the_cache_it_needs_no_network(make, server):
    make().predict(picture())
    asked = len(server.asked)
    model = make()
    assert model.predict(picture()).label is not None
    assert len(server.asked) == asked


def test_the_second_time_tensorflow_is_not_needed(make, server, cache):
    import os
    import subprocess
    import sys
    from pathlib import Path

    pytest.importorskip("ai_edge_litert")
    make().predict(picture())
    code = (
        "import sys, numpy as np\nfrom marcelle_nb.models.mobilenet import MobileNet\n"
        "MobileNet(1, 0.25, url=sys.argv[1]).predict(np.zeros((9, 9, 3), np.uint8))\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, server.url("/w.h5")],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "MARCELLE_NB_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_several_threads_get_their_own_answers(make):
    model = make()
    pictures = [picture(seed=seed) for seed in range(6)]
    expected = [model.process(image) for image in pictures]
    wrong: list[np.ndarray] = []

    def work(index):
        rows = [model.process(pictures[index]) for _ in range(20)]
        wrong.extend(row for row in rows if not np.array_equal(row, expected[index]))

    threads = [threading.Thread(target=work, args=[index]) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_jpeg_files_are_taken_as_pictures(make):
    file = io.BytesIO()
    Image.fromarray(picture()).save(file, "JPEG")
    assert make().predict(Image.open(file)).label is not None


@pytest.mark.parametrize(("layer", "name"), [("conv_dw_3_bn", "gamma"), ("conv_preds", "bias")])
def test_weights_that_are_no_numbers_are_refused(make, tmp_path, layer, name):
    arrays = random_arrays(1, 0.25)
    arrays[layer][name].flat[3] = np.nan
    path = write_keras_weights(tmp_path / "w.h5", 1, 0.25, arrays=arrays)
    with pytest.raises(ModelFormatError, match="expected finite"):
        make(url=path).predict(picture())


@pytest.mark.parametrize("name", ["version", "alpha", "source"])
def test_which_network_it_is_cannot_be_set(make, name):
    model = make()
    with pytest.raises(AttributeError):
        setattr(model, name, 2)
    model.predict(picture())
