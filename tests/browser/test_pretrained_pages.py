"""Pretrained models in web pages of their own, with the kernel's answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

import marcelle_nb as mnb
from tests.browser.test_published_models import ready, scores
from tests.browser.web_host import web_host

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

# things of the practice weights, on something gray
THINGS = {"apple": (205, 35, 40), "orange": (240, 135, 20), "sports ball": (40, 90, 220)}


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "weights"


def scene(width: int, height: int) -> Image.Image:
    """Draw the things side by side."""
    picture = Image.new("RGB", (width, height), (120, 125, 130))
    pen = ImageDraw.Draw(picture)
    side = min(width / 4, height / 2)
    for place, colour in enumerate(THINGS.values()):
        left, top = width * (0.07 + 0.31 * place), height * (0.1 + 0.15 * place)
        pen.ellipse((left, top, left + side, top + side), fill=colour)
    return picture


def show(page: Page, picture: Image.Image, path: Path) -> np.ndarray[Any, Any]:
    """Choose a picture in the page; give what the kernel sees of it."""
    picture.save(path)
    page.locator("#file").set_input_files(path)
    expect(page.locator("#state")).to_have_text(f"Predicted from {path.name}.")
    return np.asarray(Image.open(path))


def console(page: Page) -> list[str]:
    """Collect what the page writes to the console from now on, but for the graphics driver's."""
    said: list[str] = []
    page.on("console", lambda it: None if "GL Driver" in it.text else said.append(it.text))
    return said


@pytest.mark.parametrize("size", [(224, 224), (641, 360), (90, 150)])
def test_mobilenet_names_what_the_kernel_names(
    page: Page, tmp_path: Path, weights: Path, size: tuple[int, int]
) -> None:
    model = mnb.mobilenet(1, 0.25, url=mnb.practice_weights("mobilenet", weights))
    model.export_page(tmp_path / "page")
    said = console(page)
    with web_host(tmp_path) as host:
        ready(page, f"{host}page/")
        told = model.predict(show(page, scene(*size), tmp_path / "a.png"))
        expect(page.locator("#label")).to_have_text(str(told.label))
        shown = scores(page)
        assert len(shown) == 5
        for label, confidence in [*told.confidences.items()][:4]:  # the others are all alike
            assert shown[label] == pytest.approx(confidence, abs=2e-3)
    assert said == []


@pytest.mark.parametrize("cls", [mnb.mlp, mnb.knn])
def test_what_learned_from_its_features_gets_it_before_it(
    page: Page, tmp_path: Path, weights: Path, cls: Any
) -> None:
    features = mnb.mobilenet(1, 0.25, url=mnb.practice_weights("mobilenet", weights))
    rng = np.random.default_rng(0)

    def filled(name: str) -> np.ndarray[Any, Any]:
        noise = rng.normal(0, 20, (50, 60, 3))
        return np.clip(np.array(THINGS[name]) + noise, 0, 255).astype(np.uint8)

    model = cls()
    model.train([{"x": features.process(filled(name)), "y": name} for name in [*THINGS] * 6]).wait(
        60
    )
    model.export_page(tmp_path / "page")
    with web_host(tmp_path) as host:
        ready(page, f"{host}page/")
        for name in THINGS:
            pixels = show(page, Image.fromarray(filled(name)), tmp_path / f"{name}.png")
            told = model.predict(features.process(pixels))
            expect(page.locator("#label")).to_have_text(str(told.label))
            assert scores(page) == pytest.approx(told.confidences, abs=5e-3)
        page.locator("#scores").evaluate("list => list.replaceChildren()")  # those of the pictures
        page.get_by_role("button", name="Start the camera").click()
        expect(page.locator("#scores li")).to_have_count(3)
        assert page.locator("#picture").evaluate("canvas => canvas.height") == 480


def test_where_its_network_is_gone_the_page_asks_for_numbers(page: Page, tmp_path: Path) -> None:
    from marcelle_nb.models.feature_vector import FeatureVector

    model = mnb.knn()
    model.train(
        [{"x": FeatureVector([i, 1], "mobilenet-v1-0.25-00000000"), "y": "ab"[i]} for i in (0, 1)]
    ).wait(60)
    model.export_page(tmp_path / "page")
    with web_host(tmp_path) as host:
        ready(page, f"{host}page/")
        expect(page.locator("#state")).to_contain_text("mobilenet-v1-0.25-00000000")
        expect(page.get_by_role("textbox")).to_be_visible()


def test_the_detector_finds_what_the_kernel_finds(
    page: Page, tmp_path: Path, weights: Path
) -> None:
    url = mnb.practice_weights("coco-ssd", weights)
    model = mnb.coco_ssd(url=url, max_boxes=7, min_score=0.3)
    model.export_page(tmp_path / "page")
    said = console(page)
    with web_host(tmp_path) as host:
        ready(page, f"{host}page/")
        for size in [(640, 480), (311, 500), (300, 300)]:
            pixels = show(page, scene(*size), tmp_path / f"{size[0]}.png")
            told = model.predict(pixels).outputs
            assert {found.class_ for found in told} >= {*THINGS}
            rows = page.locator("#scores li").all_text_contents()
            parted = [re.fullmatch(r"(.*\D)(\d+) %", row) for row in rows]
            assert all(parted)
            assert [it[1] for it in parted if it] == [found.class_ for found in told]
            percents = [int(it[2]) for it in parted if it]
            assert percents == pytest.approx([100 * found.confidence for found in told], abs=1.1)
        expect(page.locator("#label")).to_contain_text("apple")
        page.locator("#file").set_input_files(
            {"name": "gray.png", "mimeType": "image/png", "buffer": _gray(tmp_path)}
        )
        expect(page.locator("#label")).to_have_text("Nothing found")
        page.get_by_role("button", name="Start the camera").click()
        expect(page.locator("#label")).not_to_have_text("Nothing found")
        width = page.locator("#picture").evaluate("canvas => canvas.width")
        assert width == 640
    assert said == []


def _gray(folder: Path) -> bytes:
    path = folder / "gray.png"
    Image.new("RGB", (80, 60), (128, 128, 128)).save(path)
    return path.read_bytes()
