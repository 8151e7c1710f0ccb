"""Model files from the page: dropped or picked, loaded, described, and predicted with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.notebook_page import NotebookPage

MODEL = Path(__file__).parent.parent / "fixtures" / "tfjs-layers" / "mlp_dense"
FILES = sorted(path for path in MODEL.iterdir() if path.name != "io.json")

GENERIC = """
import numpy as np
import marcelle_nb as mnb

model = mnb.tf_generic_model("generic", "classification")
model
"""

UPLOAD = """
import hashlib
import marcelle_nb as mnb

upload = mnb.file_upload()
drops = []
upload.files.subscribe(drops.append, key="drops")
upload
"""

DROP_FOLDER = """
async (zone) => {
  const file = (name, path) => ({
    name, fullPath: path, isFile: true, isDirectory: false,
    file: (take) => take(new File([name], name)),
  });
  const folder = (name, path, children) => ({
    name, fullPath: path, isFile: false, isDirectory: true,
    createReader: () => ({ readEntries: (take) => take(children.splice(0)) }),
  });
  const entry = folder("saved", "/saved", [
    file("saved_model.pb", "/saved/saved_model.pb"),
    folder("variables", "/saved/variables", [
      file("variables.index", "/saved/variables/variables.index"),
    ]),
  ]);
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.defineProperty(event, "dataTransfer", {
    value: { types: ["Files"], files: [], items: [{ webkitGetAsEntry: () => entry }] },
  });
  zone.dispatchEvent(event);
}
"""


def test_files_that_are_picked_are_loaded_described_and_predict(either: NotebookPage) -> None:
    either.start(GENERIC)
    view = either.view("tf_generic_model")
    expect(view).to_contain_text("Nothing is loaded yet")
    view.locator("input[type=file]").set_input_files(FILES)
    expect(view.locator(".marcelle-state")).to_have_text("Loaded", timeout=60_000)
    expect(view.locator("dl")).to_contain_text("tfjs-layers")
    view.get_by_text("Layers", exact=True).click()
    expect(view.get_by_role("columnheader", name="Output shape")).to_be_visible()
    told = json.loads((MODEL / "io.json").read_text())["inputs"][0]
    size = told["shape"][1]
    label = either.execute(f"print(model.predict({told['data'][:size]}).label)")
    assert label.strip().isdigit()


def test_what_is_no_model_says_why(lab: NotebookPage) -> None:
    lab.start(GENERIC)
    view = lab.view("tf_generic_model")
    view.locator("input[type=file]").set_input_files(
        {"name": "<b>notes</b>.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    expect(view.locator(".marcelle-state[data-failed]")).to_contain_text("Not loaded: ")
    assert view.locator("b").count() == 0


def test_a_reloaded_page_shows_what_is_loaded(lab: NotebookPage) -> None:
    lab.start(GENERIC)
    lab.execute(f"model.load_from_files({str(MODEL)!r})")
    expect(lab.view("tf_generic_model").locator(".marcelle-state")).to_have_text("Loaded")
    lab.save()
    lab.reload()
    expect(lab.view("tf_generic_model").locator("dl")).to_contain_text("tfjs-layers")


def test_large_files_arrive_whole_and_together(lab: NotebookPage, tmp_path: Path) -> None:
    lab.start(UPLOAD)
    sizes = {"weights.bin": 30_000_000, "model.json": 1_000, "empty.bin": 0}
    for name, size in sizes.items():
        pattern = bytes(range(256)) * (size // 256 + 1)
        (tmp_path / name).write_bytes(pattern[:size])
    view = lab.view("file_upload")
    view.locator("input[type=file]").set_input_files([tmp_path / name for name in sizes])
    expect(view).to_contain_text("3 files sent", timeout=90_000)
    told = lab.execute("print([[(f.name, f.size) for f in files] for files in drops])")
    assert told.strip() == str([[*sizes.items()]])
    whole = lab.execute(
        "print([f.content == (bytes(range(256)) * (f.size // 256 + 1))[:f.size] for f in drops[0]])"
    )
    assert whole.strip() == "[True, True, True]"


def test_a_folder_that_is_dropped_comes_with_its_paths(lab: NotebookPage) -> None:
    lab.start(UPLOAD)
    view = lab.view("file_upload")
    view.locator(".marcelle-drop").evaluate(DROP_FOLDER)
    expect(view).to_contain_text("2 files sent")
    names = lab.execute("print([f.name for f in drops[0]])").strip()
    assert names == "['saved/saved_model.pb', 'saved/variables/variables.index']"


def test_a_summary_table_shows_every_layer_and_is_renewed(lab: NotebookPage) -> None:
    lab.start(
        """
import keras
import marcelle_nb as mnb

def build(shape, classes):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(classes, name="last")])

model = mnb.keras_model(build, epochs=1)
model.summary_table()
"""
    )
    view = lab.view("summary_table")
    expect(view).to_contain_text("Not built yet")
    lab.execute("model.build((4,), ['a', 'b', 'c'])")
    expect(view.get_by_role("rowheader", name="last")).to_be_visible()
    expect(view.get_by_role("cell", name="15")).to_be_visible()


@pytest.mark.parametrize("view", ["tf_generic_model", "file_upload"])
def test_the_files_can_be_chosen_by_keyboard(lab: NotebookPage, view: str) -> None:
    lab.start(GENERIC, UPLOAD)
    field = lab.view(view).locator("input[type=file]")
    with lab.page.expect_file_chooser() as chosen:
        field.press("Space")
    chosen.value.set_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"1"})
    expect(lab.view(view)).to_contain_text("Not loaded" if view != "file_upload" else "1 file sent")
