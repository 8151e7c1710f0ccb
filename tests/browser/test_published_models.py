"""Models in web pages: published by a kernel, or exported, and run by TensorFlow.js in Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import marcelle_nb as mnb
from marcelle_nb.models.web_model import FEATURES
from tests.browser.fake_camera import pictures
from tests.browser.jupyter_server import TOKEN
from tests.browser.web_host import web_host
from tests.small_features import write_small_features

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
LABEL = "<img src=x onerror='window.hurt = true'>"

TRAIN = f"""
import marcelle_nb as mnb
model = mnb.mlp(epochs=30, seed=0)
rows = [{{"x": [i / 10, 1 - i / 10, 0.3], "y": "low" if i < 5 else {LABEL!r}}} for i in range(10)]
model.train(rows).wait()
publication = model.publish("a model of ümlauts")
publication
"""

ASK = """
async ([address, row]) => {
  const model = await tf.loadLayersModel(address);
  return Array.from(await model.predict(tf.tensor([row])).data());
}
"""


def scores(page: Page) -> dict[str, float]:
    """Read the confidences that the page shows, by label."""
    told = page.locator("#scores li").evaluate_all(
        "items => items.map(it => [it.querySelector('.name').textContent,"
        " it.querySelector('progress').value])"
    )
    return {str(label): float(value) for label, value in told}


def ready(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-ready", "", timeout=60_000)


def test_a_published_model_predicts_the_same_in_a_page(
    lab: NotebookPage, server: JupyterServer, page: Page, browser: Browser
) -> None:
    lab.start(TRAIN)
    link = page.get_by_role("link", name="a page that runs it")
    expect(link).to_be_visible(timeout=60_000)
    address = server.url + str(link.get_attribute("href"))
    row = [0.9, 0.1, 0.3]
    told = lab.execute(f"import json; print(json.dumps(model.predict({row}).confidences))")
    assert page.context.new_page().goto(address).ok  # type: ignore[union-attr]
    stranger = browser.new_context()
    assert "/login" in stranger.new_page().goto(address).url  # type: ignore[union-attr]
    stranger.close()
    reader = page.context.new_page()
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    ready(reader, address)
    reader.get_by_role("textbox").fill(", ".join(map(str, row)))
    reader.get_by_role("button", name="Predict").click()
    expect(reader.locator("#label")).to_have_text(LABEL)
    assert scores(reader) == pytest.approx(json.loads(told), abs=1e-6)
    assert not reader.evaluate("window.hurt === true")
    assert all(url.startswith((server.url, "data:")) for url in asked)
    by_hand = reader.evaluate(ASK, [address.replace("index.html", "model.json"), row])
    assert by_hand == pytest.approx([*json.loads(told).values()], abs=1e-6)
    server.stop_kernels()
    lab.eventually(lambda: reader.request.get(address).status == 404)


def features_model(cls: Any, features: Any = None) -> Any:
    features = mnb.image_features() if features is None else features
    data = [
        {"x": features.process(np.asarray(scene.crop((80 + d, d, 560 - d, 480 - d)))), "y": label}
        for scene, label in zip(pictures(), ("disc", "stripes"), strict=True)
        for d in range(0, 50, 5)
    ]
    model = cls()
    model.train(data).wait(60)
    return model


@pytest.mark.parametrize("cls", [mnb.mlp, mnb.knn])
def test_an_exported_page_sees_what_the_webcam_shows(cls: Any, page: Page, tmp_path: Path) -> None:
    features_model(cls).export_page(tmp_path / "page", title="Disc <i>or</i> stripes")
    with web_host(tmp_path) as host:
        ready(page, f"{host}page/")
        expect(page).to_have_title("Disc <i>or</i> stripes")
        expect(page.get_by_role("heading")).to_have_text("Disc <i>or</i> stripes")
        page.get_by_role("button", name="Start the camera").click()
        label = page.locator("#label")
        expect(label).to_have_text("disc")
        expect(label).to_have_text("stripes")
        assert page.evaluate(f"{AXE.read_text()}; axe.run().then(it => it.violations)") == []
        page.get_by_role("button", name="Stop the camera").click()
        expect(page.get_by_role("button", name="Start the camera")).to_be_visible()


@pytest.mark.parametrize("kind", ["learned", "handmade", "file"])
def test_the_page_sees_a_picture_as_the_features_of_the_kernel_do(
    page: Page, tmp_path: Path, kind: str
) -> None:
    features = (
        mnb.image_features(file=write_small_features(tmp_path / "own.features"))
        if kind == "file"
        else mnb.image_features(kind=kind)
    )
    model = features_model(mnb.mlp, features)
    model.export_page(tmp_path / "page")
    assert bool([*(tmp_path / "page").glob(FEATURES)]) == (kind != "handmade")
    with web_host(tmp_path) as host:
        ready(page, f"{host}page/")
        for number, (width, height) in enumerate([(640, 480), (213, 117), (1300, 700)]):
            name = f"{number}.png"
            pictures()[number % 2].resize((width, height)).save(tmp_path / name)
            page.locator("#file").set_input_files(tmp_path / name)
            expect(page.locator("#state")).to_have_text(f"Predicted from {name}.")
            pixels = np.asarray(Image.open(tmp_path / name))
            told = model.predict(features.process(pixels)).confidences
            assert scores(page) == pytest.approx(told, abs=5e-3)


def test_a_picture_gives_what_the_kernel_gives(page: Page, tmp_path: Path) -> None:
    import keras

    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((32, 48, 3)),
        keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.DepthwiseConv2D(3, padding="same"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3),
    ]
    network = keras.Sequential(layers)
    network.save(tmp_path / "m.keras")
    model = mnb.tf_generic_model(labels=["a", "b", "c"], input_range=(-1, 1), crop="center")
    model.load_from_files(tmp_path / "m.keras")
    picture = pictures()[0].resize((213, 117))
    picture.save(tmp_path / "picture.png")
    model.export_page(tmp_path / "page")
    with web_host(tmp_path) as host:
        ready(page, f"{host}page/index.html?a=b")
        page.locator("#file").set_input_files(tmp_path / "picture.png")
        expect(page.locator("#state")).to_have_text("Predicted from picture.png.")
        told = model.predict(np.asarray(Image.open(tmp_path / "picture.png")))
        expect(page.locator("#label")).to_have_text(str(told.label))
        shown = page.locator("#scores .value").all_text_contents()
        best_first = sorted(told.confidences.values(), reverse=True)
        percents = [float(text.removesuffix(" %")) for text in shown]
        assert percents == pytest.approx([100 * it for it in best_first], abs=0.2)
        page.locator("#file").set_input_files(
            {"name": "<b>.png", "mimeType": "image/png", "buffer": b"no picture"}
        )
        expect(page.locator("#state")).to_have_text(
            "<b>.png: the browser cannot read this as a picture."
        )


def graph_model() -> Any:
    """Make a Keras model with a layer that TensorFlow.js knows as operations only."""

    def build(shape: tuple[int, ...], classes: int) -> Any:
        import keras

        inputs = keras.Input(shape)
        hidden = keras.ops.relu(keras.layers.Dense(8)(inputs))
        return keras.Model(inputs, keras.layers.Dense(classes)(hidden))

    rows = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    model = mnb.keras_model(build, epochs=2, seed=0)
    model.train([{"x": row, "y": "ab"[i % 2]} for i, row in enumerate(rows)]).wait(120)
    return model


def regressor() -> Any:
    model = mnb.mlp_regressor(epochs=5, seed=0)
    model.train([{"x": [i / 9, 0.5, 0], "y": i} for i in range(10)]).wait(60)
    return model


@pytest.mark.parametrize("make", [graph_model, regressor])
def test_a_row_of_numbers_gives_what_the_kernel_gives(
    make: Any, page: Page, tmp_path: Path
) -> None:
    model, row = make(), [0.25, -1.5, 2]
    model.export_page(tmp_path)
    with web_host(tmp_path) as host:
        ready(page, host)
        field, button = page.get_by_role("textbox"), page.get_by_role("button", name="Predict")
        field.fill("0.25 -1.5, 2")
        button.click()
        expect(page.locator("#label")).not_to_be_empty()
        told = model.predict(row)
        if isinstance(told, float):
            shown = float(page.locator("#label").text_content() or "")
            assert shown == pytest.approx(told, rel=1e-4)
        else:
            assert scores(page) == pytest.approx(told.confidences, abs=1e-5)
        field.fill("1, 2")
        button.click()
        expect(page.locator("#state")).to_have_text("Expected 3 numbers, got 2.")
        field.fill("1, two, 3")
        button.click()
        expect(page.locator("#state")).to_have_text('Expected numbers, got "two".')


def test_a_page_that_is_opened_as_a_file_says_what_to_do(page: Page, tmp_path: Path) -> None:
    features_model(mnb.knn).export_page(tmp_path / "page")
    page.goto((tmp_path / "page" / "index.html").as_uri())
    expect(page.locator("#state")).to_contain_text("python -m http.server")


def test_a_large_file_goes_through_the_server(lab: NotebookPage, tmp_path: Path) -> None:
    lab.start(
        """
import marcelle_nb as mnb
upload = mnb.file_upload()
drops = []
upload.files.subscribe(drops.append, key="drops")
upload
"""
    )
    asked: list[tuple[str, str]] = []
    lab.page.on(
        "request",
        lambda it: asked.append((it.method, it.url)) if "/uploads/" in it.url else None,
    )
    pattern = bytes(range(256)) * 40_000
    (tmp_path / "large.bin").write_bytes(pattern)
    (tmp_path / "small.bin").write_bytes(b"x")
    view = lab.view("file_upload")
    files = [tmp_path / "large.bin", tmp_path / "small.bin"]
    view.locator("input[type=file]").set_input_files(files)
    expect(view).to_contain_text("2 files sent", timeout=60_000)
    assert [method for method, _ in asked] == ["GET", "PUT"]
    told = lab.execute(
        "print([(f.name, f.content in (bytes(range(256)) * 40_000, b'x')) for f in drops[0]])"
    )
    assert told.strip() == "[('large.bin', True), ('small.bin', True)]"
    # another machine's kernel: the server does not find the place, and the file comes in pieces
    lab.execute(
        "from marcelle_nb.runtime.upload_offer import UploadOffer; UploadOffer.made ="
        " classmethod(lambda cls, size: (it := cls(size), it.close())[0])"
    )
    view.locator("input[type=file]").set_input_files(files[:1])
    expect(view).to_contain_text("1 file sent", timeout=60_000)
    assert [method for method, _ in asked] == ["GET", "PUT", "GET"]
    assert lab.execute("print(len(drops[1][0].content))").strip() == str(len(pattern))
    assert TOKEN not in str(asked)
