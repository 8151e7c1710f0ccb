"""The webcam in JupyterLab, through features and KNN to the bars, beside a mere echo of frames."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.benchmark.report import heading, percentile, row
from tests.browser.fake_camera import launch_arguments, pictures, write_film
from tests.browser.jupyter_server import JupyterServer
from tests.browser.notebook_page import NotebookPage
from tests.chromium import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECONDS = 10
ROUNDS = 2

# Both loops begin a frame with toBlob, and end it with a message from the kernel that says "taken".
PROBE = """
window.probe = {starts: [], ends: []};
const toBlob = HTMLCanvasElement.prototype.toBlob;
HTMLCanvasElement.prototype.toBlob = function (...given) {
  window.probe.starts.push(performance.now());
  return toBlob.apply(this, given);
};
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({data}) => {
      if (typeof data === "string" || data.byteLength > 5000) return;
      const text = new TextDecoder().decode(data);
      if (text.includes('"taken"')) window.probe.ends.push(performance.now());
    });
  }
};
"""

ECHO = '''
import anywidget, traitlets

class Echo(anywidget.AnyWidget):
    _esm = """
    async function render({model, el}) {
      const button = document.createElement("button");
      button.textContent = "Echo";
      el.append(button);
      let running = false;
      button.onclick = async () => {
        running = !running;
        if (!running) return;
        const video = document.createElement("video");
        video.srcObject = await navigator.mediaDevices.getUserMedia(
          {video: {width: {ideal: 640}, height: {ideal: 480}, frameRate: {ideal: 30}}});
        await video.play();
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 224;
        let started = 0, taken;
        model.on("msg:custom", () => taken());
        while (running) {
          await new Promise((done) => setTimeout(done, started + 50 - performance.now()));
          started = performance.now();
          canvas.getContext("2d").drawImage(video, 80, 0, 480, 480, 0, 0, 224, 224);
          const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
          const answer = new Promise((done) => { taken = done; });
          model.send({kind: "frame"}, undefined, [await blob.arrayBuffer()]);
          await answer;
        }
        for (const track of video.srcObject.getTracks()) track.stop();
      };
    }
    export default {render};
    """

echo = Echo()
echo.on_msg(lambda widget, content, buffers: widget.send({"kind": "taken"}))
echo
'''

OURS = """
import marcelle_nb as mnb, numpy as np
features, model = mnb.image_features(), mnb.knn()
random = np.random.default_rng(0)
examples = random.integers(0, 256, (100, 224, 224, 3), dtype=np.uint8)
model.train([{"x": features.process(x), "y": str(i % 4)} for i, x in enumerate(examples)]).wait()
camera = mnb.webcam()
camera
"""

PLOT = "mnb.confidence_plot(camera.images.map(features.process).map(model.predict))"


@dataclass
class Figures:
    """Frames a second, and milliseconds from the start of a frame to its acknowledgement."""

    rate: float
    latencies: list[float]

    def __str__(self) -> str:
        return f"{self.rate:.1f} frames/s"

    def note(self) -> str:
        """Say how long a frame takes."""
        middle, late = (percentile(self.latencies, share) for share in (0.5, 0.95))
        return f"p50 {middle:.0f} ms, p95 {late:.0f} ms"


def measure() -> None:
    """Print all figures of this module."""
    heading("Webcam 224 x 224, period 50 ms, JupyterLab, headless Chromium, fake camera")
    with tempfile.TemporaryDirectory() as folder:
        film = write_film(Path(folder) / "film.mjpeg", pictures())
        with JupyterServer(Path(folder)) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(chromium()), args=launch_arguments(film)
            )
            context = browser.new_context(permissions=["camera"])
            context.add_init_script(PROBE)
            server.write_notebook("loop.ipynb", [ECHO, OURS, PLOT])
            notebook = NotebookPage(context.new_page(), server).open("loop.ipynb")
            notebook.run_all()
            _compare(notebook)
            browser.close()


def _compare(notebook: NotebookPage) -> None:
    echo, ours = [], []
    for _ in range(ROUNDS):
        toggle = notebook.page.get_by_role("button", name="Echo")
        toggle.click()
        echo.append(_figures(notebook.page))
        toggle.click()
        camera = notebook.view("webcam")
        camera.get_by_role("button", name="Start camera").click()
        ours.append(_figures(notebook.page))
        camera.get_by_role("button", name="Stop camera").click()
    for name, figures in (("bare echo of each frame", echo), ("features + knn + bars", ours)):
        for one in figures:
            row(name, str(one), one.note())
    ratio = sum(one.rate for one in ours) / sum(one.rate for one in echo)
    row("  ratio of the rates", f"{ratio:.2f}")


def _figures(page: Page) -> Figures:
    page.wait_for_timeout(2_000)
    page.evaluate("() => { window.probe.starts = []; window.probe.ends = []; }")
    page.wait_for_timeout(1_000 * SECONDS)
    probe = page.evaluate("() => window.probe")
    starts, ends = probe["starts"], probe["ends"]
    ends = [end for end in ends if starts and end > starts[0]]
    latencies = [end - start for start, end in zip(starts, ends, strict=False)]
    return Figures(len(ends) / SECONDS, latencies)
