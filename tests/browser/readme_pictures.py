"""Makes the pictures of README.md: `python -m tests.browser.readme_pictures`.

The film shows two photographs that matplotlib ships, both in the public domain.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from PIL import Image, ImageOps
from playwright.sync_api import sync_playwright

from tests.browser.fake_camera import launch_arguments, write_film
from tests.browser.jupyter_server import JupyterServer
from tests.browser.notebook_page import NotebookPage
from tests.chromium import chromium

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Page

FOLDER = Path(__file__).parents[2] / "notebooks" / "pictures"
SAMPLES = Path(mpl.get_data_path()) / "sample_data"

CELLS = [
    """import marcelle_nb as mnb
from ipywidgets import HBox, VBox
features, data, camera = mnb.image_features(), mnb.dataset("things"), mnb.webcam()
model = mnb.mlp(layers=[64], epochs=40, seed=1)
model.dataset = data
recorder = mnb.recorder(camera, data, process=features.process)
plot = mnb.confidence_plot(camera.images.map(features.process).map(model.predict))
HBox([camera.widget, VBox([recorder.widget, plot.widget])])""",
    "model",
    "mnb.dataset_browser(data)",
]

FILE_CELLS = [
    """import keras
import marcelle_nb as mnb
from keras import layers
network = keras.Sequential([
    keras.Input((96, 96, 3), name="picture"),
    layers.Conv2D(16, 3, strides=2, activation="relu", name="edges"),
    layers.SeparableConv2D(32, 3, strides=2, activation="relu", name="shapes"),
    layers.GlobalAveragePooling2D(name="everywhere"),
    layers.Dense(3, activation="softmax", name="gesture"),
])
mnb.keras_model(network, labels=["rock", "paper", "scissors"]).save("gestures.keras")
opened = mnb.tf_generic_model("image", "classification", crop="center")
opened.load_from_files("gestures.keras")""",
    "opened",
]


def film(folder: Path) -> Path:
    """Write the film: a portrait, then a parcel."""
    portrait = Image.open(SAMPLES / "grace_hopper.jpg").convert("RGB")
    parcel = Image.open(SAMPLES / "Minduka_Present_Blue_Pack.png").convert("RGBA")
    scenes = []
    for picture, colour in ((portrait, "#333333"), (parcel, "#e8e4d8")):
        scene = Image.new("RGB", (640, 480), colour)
        small = ImageOps.contain(picture, (400, 400) if picture is parcel else (480, 480))
        place = ((640 - small.width) // 2, (480 - small.height) // 2)
        scene.paste(small, place, small if small.mode == "RGBA" else None)
        scenes.append(scene)
    return write_film(folder / "film.mjpeg", scenes)


def record(notebook: NotebookPage, label: str, *, corner_is_bright: bool) -> None:
    """Hold the button while one of the two scenes is shown."""
    recorder = notebook.view("recorder")
    recorder.get_by_label("Label").first.fill(label)
    recorder.get_by_label("Label").first.press("Tab")
    wait_for_scene(notebook, corner_is_bright=corner_is_bright)
    notebook.page.mouse.move(*centre(notebook.page))
    notebook.page.mouse.down()
    notebook.page.wait_for_timeout(1_200)
    notebook.page.mouse.up()


def centre(page: Page) -> tuple[float, float]:
    """Find the middle of the button that is held."""
    box = page.locator(".marcelle-recorder").get_by_role("button", name="Hold").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def wait_for_scene(notebook: NotebookPage, *, corner_is_bright: bool) -> None:
    """Wait until the scene has just changed to the one wanted."""
    question = "print(camera.images.value[5, 5].mean() > 128)"
    for bright in (not corner_is_bright, corner_is_bright):
        wanted = str(bright)
        notebook.eventually(partial(_answers, notebook, question, wanted))


def _answers(notebook: NotebookPage, question: str, wanted: str) -> bool:
    return wanted in notebook.execute(question)


def take_loop(notebook: NotebookPage) -> None:
    """Record two labels, train, and take the picture of all of it."""
    notebook.run_all()
    notebook.view("webcam").get_by_role("button", name="Start camera").click()
    notebook.eventually(lambda: "True" in notebook.execute("print(camera.ready.value)"))
    record(notebook, "portrait", corner_is_bright=False)
    record(notebook, "parcel", corner_is_bright=True)
    notebook.view("model").get_by_role("button", name="Train").click()
    notebook.view("model").get_by_text("40 of 40").wait_for()
    wait_for_scene(notebook, corner_is_bright=True)
    notebook.page.wait_for_timeout(800)
    cells = notebook.page.locator(".jp-Notebook .jp-Cell-outputWrapper")
    first, last = cells.first.bounding_box(), cells.last.bounding_box()
    assert first is not None
    assert last is not None
    bottom = last["y"] + last["height"]
    clip: FloatRect = {**first, "height": bottom - first["y"]}
    notebook.page.screenshot(path=FOLDER / "loop.png", clip=clip)


def take_file(notebook: NotebookPage) -> None:
    """Open a model from a file, and take the picture of its widget."""
    notebook.run_all()
    view = notebook.view("tf_generic_model")
    view.get_by_text("scissors").wait_for()
    view.get_by_text("Layers").first.click()
    view.get_by_text("everywhere").first.wait_for()
    view.screenshot(path=FOLDER / "model_from_files.png")


def main() -> None:
    """Take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        arguments = launch_arguments(film(Path(folder)))
        with JupyterServer(Path(folder)) as server:
            browser = playwright.chromium.launch(executable_path=str(chromium()), args=arguments)
            context = browser.new_context(
                permissions=["camera"], viewport={"width": 1180, "height": 1700}
            )
            for name, cells, take in (
                ("loop.ipynb", CELLS, take_loop),
                ("file.ipynb", FILE_CELLS, take_file),
            ):
                server.write_notebook(name, cells)
                take(NotebookPage(context.new_page(), server).open(name))
            browser.close()


if __name__ == "__main__":
    main()
