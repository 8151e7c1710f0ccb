"""Objects on the camera's pictures, found in the kernel and drawn in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.hostile import IMAGE, harmless
from tests.browser.test_accessibility import AXE
from tests.detectors import detector_files
from tests.formats.web_server import WebServer, web_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tests.browser.notebook_page import NotebookPage

COLOURS = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4)
        seen.add([...data.subarray(i, i + 3)].join());
    return [...seen];
}"""


@pytest.fixture
def address() -> Iterator[str]:
    with web_server() as server:
        assert isinstance(server, WebServer)
        server.answers = {f"/{name}": content for name, content in detector_files().items()}
        yield server.url("/model.json")


def colours(view: Locator) -> set[str]:
    return set(view.locator("canvas").evaluate(COLOURS))


def test_boxes_follow_the_camera(lab: NotebookPage, address: str) -> None:
    lab.start(
        "import marcelle_nb as mnb\ncamera = mnb.webcam()\ncamera",
        f"model = mnb.coco_ssd(url={address!r}, max_boxes=7)\nmodel",
        "mnb.detection_boxes(camera.images, camera.images.latest().map(model.predict))",
        "mnb.image_display(camera.images)",
    )
    boxes, display = lab.view("detection_boxes"), lab.view("image_display")
    expect(boxes).to_contain_text("No picture yet")
    lab.view("webcam").get_by_role("button", name="Start camera").click()
    expect(boxes.locator("li")).to_have_count(7, timeout=80_000)  # TensorFlow starts
    expect(display.locator("canvas")).to_be_visible()
    hue = lab.execute(
        "from marcelle_nb.components.detection_marks import marks\n"
        "from marcelle_nb.components.palette import color\n"
        "hue = color(marks(model.predict(camera.images.value))[0]['color'])\n"
        "print(*bytes.fromhex(hue[1:]), sep=',')"
    ).strip()
    lab.eventually(lambda: hue in colours(boxes))

    lab.execute("model.max_boxes = 2")
    expect(boxes.locator("li")).to_have_count(2)
    expect(boxes.locator("canvas")).to_have_attribute("aria-label", "Picture: 2 × baseball bat")


def test_boxes_stay_on_their_picture_and_labels_are_text(lab: NotebookPage) -> None:
    lab.start(
        f"""
import numpy as np
import marcelle_nb as mnb

images, results = mnb.Stream(), mnb.Stream()
images.set(np.full((100, 200, 3), 255, np.uint8))
found = mnb.ObjectDetectorResults([mnb.Detection((20.0, 30.0, 60.0, 40.0), {IMAGE!r}, 0.9)])
mnb.detection_boxes(images, results)
"""
    )
    boxes = lab.view("detection_boxes")
    lab.execute("images.set(np.full((100, 200, 3), 255, np.uint8)); results.set(found)")
    expect(boxes.locator("li")).to_contain_text("90 %")
    assert harmless(lab.page)
    lab.page.add_script_tag(path=str(AXE))
    found = lab.page.evaluate("axe.run('.marcelle', {resultTypes: ['violations']})")
    assert [it["id"] for it in found["violations"]] == []
    boxes.locator("ul").focus()
    expect(boxes.locator("ul")).to_be_focused()
