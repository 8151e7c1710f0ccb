"""When the camera goes on and off, and what the view says where there is none."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.fake_camera import scene

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, WebSocket

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage

# Counts the calls, and keeps what they gave; a test can make them fail.
WATCH = """
(() => {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const original = devices.getUserMedia.bind(devices);
  window.watched = {calls: [], tracks: [], refuse: ""};
  devices.getUserMedia = async (constraints) => {
    window.watched.calls.push(constraints);
    if (window.watched.refuse) throw new DOMException("no", window.watched.refuse);
    const stream = await original(constraints);
    window.watched.tracks.push(...stream.getTracks());
    return stream;
  };
})();
"""

CAMERA = "import marcelle_nb as mnb, time\ncamera = mnb.webcam()\ncamera"

COUNT = (
    "frames = []\ncamera.images.subscribe(lambda image: frames.append(time.time()), key='count')"
)


@pytest.fixture
def notebook(lab: NotebookPage) -> NotebookPage:
    lab.page.add_init_script(WATCH)
    return lab


def calls(page: Page) -> int:
    return int(page.evaluate("window.watched.calls.length"))


def live_tracks(page: Page) -> int:
    return int(page.evaluate("window.watched.tracks.filter((t) => t.readyState === 'live').length"))


def start(view: Locator) -> None:
    view.get_by_role("button", name="Start camera").click()
    # "Stop camera" is there from the click on, while the browser still opens the device.
    expect(view.locator(".marcelle-live")).to_be_visible()


def is_on(notebook: NotebookPage) -> bool:
    states = notebook.execute("print(camera.active.value, camera.ready.value)").split()
    return states == ["True", "True"]


def is_off(notebook: NotebookPage) -> bool:
    states = notebook.execute("print(camera.active.value, camera.ready.value)").split()
    return states == ["False", "False"]


def assert_goes_off(notebook: NotebookPage) -> None:
    notebook.eventually(lambda: live_tracks(notebook.page) == 0, 5)
    notebook.eventually(lambda: is_off(notebook))


def test_the_camera_waits_for_a_click_and_two_views_share_it(notebook: NotebookPage) -> None:
    notebook.start(CAMERA, "camera", COUNT)
    views = [notebook.view("webcam", i) for i in range(2)]
    notebook.execute("camera.active.set(True)")
    for view in views:
        expect(view.get_by_role("button", name="Start camera")).to_be_visible()
    assert calls(notebook.page) == 0
    start(views[0])
    expect(views[1].get_by_role("button", name="Stop camera")).to_be_visible()
    for view in views:
        expect(view.locator("video")).to_be_visible()
        notebook.eventually(partial(is_playing, view))
    notebook.eventually(lambda: is_on(notebook))
    assert (calls(notebook.page), live_tracks(notebook.page)) == (1, 1)

    # one of the two goes, and it plays on in the other
    notebook.page.evaluate(CLEAR, 0)
    expect(notebook.page.locator(".marcelle-webcam")).to_have_count(1)
    n_frames = int(notebook.execute("print(len(frames))"))
    notebook.eventually(lambda: int(notebook.execute("print(len(frames))")) > n_frames + 3)
    assert live_tracks(notebook.page) == 1
    views[0].get_by_role("button", name="Stop camera").click()
    assert_goes_off(notebook)


def is_playing(view: Locator) -> bool:
    playing = "(v) => !v.paused && v.videoWidth > 0 && v.currentTime > 0"
    return bool(view.locator("video").evaluate(playing))


# through the notebook's own model, as its menus do
CLEAR = """
(index) => {
  const {content} = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = index;
  return window.jupyterapp.commands.execute("notebook:clear-cell-output");
}
"""

DELETE = """
() => {
  const {content} = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = 0;
  return window.jupyterapp.commands.execute("notebook:delete-cell");
}
"""


def test_the_camera_goes_off_with_its_view_and_when_the_kernel_says_so(
    notebook: NotebookPage,
) -> None:
    notebook.start(CAMERA, "pass")
    view = notebook.view("webcam")

    def on_again() -> None:
        start(view)
        notebook.eventually(lambda: is_on(notebook))

    on_again()
    notebook.execute("camera.active.set(False)")
    assert_goes_off(notebook)
    expect(view.get_by_role("button", name="Start camera")).to_be_visible()

    on_again()
    notebook.page.evaluate(CLEAR, 0)
    assert_goes_off(notebook)

    notebook.run_all()
    on_again()
    notebook.page.evaluate(DELETE)
    assert_goes_off(notebook)

    notebook.execute("from IPython.display import display")
    notebook.page.evaluate(INSERT, "display(camera)")
    on_again()
    notebook.execute("camera.close()")
    notebook.eventually(lambda: live_tracks(notebook.page) == 0, 5)


INSERT = """
async (source) => {
  const {content} = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = 0;
  content.activeCell.model.sharedModel.setSource(source);
  await window.jupyterapp.commands.execute("notebook:run-cell");
}
"""


def test_a_page_that_is_reloaded_gives_the_camera_back(notebook: NotebookPage) -> None:
    notebook.start(CAMERA)
    start(notebook.view("webcam"))
    notebook.eventually(lambda: is_on(notebook))
    notebook.save()
    notebook.reload()
    expect(notebook.view("webcam").get_by_role("button", name="Start camera")).to_be_visible()
    assert calls(notebook.page) == 0
    notebook.eventually(lambda: is_off(notebook))


def test_a_kernel_that_restarts_gives_the_camera_back(
    notebook: NotebookPage, server: JupyterServer
) -> None:
    notebook.start(CAMERA)
    start(notebook.view("webcam"))
    server.request("POST", f"/api/kernels/{notebook.kernel_id}/restart")
    notebook.eventually(lambda: live_tracks(notebook.page) == 0, 8)
    expect(notebook.view("webcam").get_by_role("button", name="Start camera")).to_be_visible()


def test_scrolling_far_away_and_back_leaves_the_camera_on(
    notebook: NotebookPage, server: JupyterServer
) -> None:
    with server.settings("notebook-extension/tracker", windowingMode="full"):
        notebook.start(CAMERA, COUNT, *["print('line\\n' * 40)"] * 25)
    page = notebook.page
    scroll = "(index) => window.jupyterapp.shell.currentWidget.content.scrollToItem(index)"
    page.evaluate(scroll, 0)
    view = notebook.view("webcam")
    start(view)
    # the cell that the user works in stays in the page wherever it is scrolled to
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 26")
    page.evaluate(scroll, 26)
    expect(page.locator(".marcelle-webcam video")).not_to_be_in_viewport()
    notebook.eventually(lambda: is_windowed(page))
    n_frames = int(notebook.execute("print(len(frames))"))
    notebook.eventually(lambda: int(notebook.execute("print(len(frames))")) > n_frames + 10)
    page.evaluate(scroll, 0)
    expect(view.locator("video")).to_be_in_viewport()
    first = scene(page)
    notebook.eventually(lambda: scene(page) not in {first, ""}, 8)
    assert (calls(page), live_tracks(page)) == (1, 1)


def is_windowed(page: Page) -> bool:
    """Tell whether the notebook took the first cell out of the page, or hid it."""
    cell = "window.jupyterapp.shell.currentWidget.content.widgets[0].node"
    return bool(page.evaluate(f"!{cell}.isConnected || {cell}.getClientRects().length === 0"))


REFUSALS = {
    "NotAllowedError": "did not allow the camera",
    "NotFoundError": "There is no camera",
    "NotReadableError": "used by another program",
}


def test_every_refusal_is_one_plain_sentence_that_names_the_upload(notebook: NotebookPage) -> None:
    notebook.start(CAMERA)
    view = notebook.view("webcam")
    for error, says in REFUSALS.items():
        notebook.page.evaluate("(name) => { window.watched.refuse = name; }", error)
        view.get_by_role("button", name="Start camera").click()
        assert_says(view, says)
        assert_goes_off(notebook)
    # and the camera comes as soon as it is allowed
    notebook.page.evaluate("() => { window.watched.refuse = ''; }")
    start(view)


def test_a_page_that_is_not_secure_says_so(lab: NotebookPage) -> None:
    lab.page.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', {value: false});"
        "Object.defineProperty(navigator, 'mediaDevices', {value: undefined});"
    )
    lab.start(CAMERA)
    assert_says(lab.view("webcam"), "needs a secure page")


def assert_says(view: Locator, text: str) -> None:
    message = view.locator(".marcelle-picture").get_by_role("alert")
    expect(message).to_contain_text(text)
    expect(message).to_contain_text("mnb.image_upload()")
    box = message.bounding_box()
    assert box is not None
    assert box["height"] > 20


def test_one_of_several_cameras_can_be_chosen(notebook: NotebookPage) -> None:
    notebook.page.add_init_script(
        """
        const enumerate = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
        navigator.mediaDevices.enumerateDevices = async () => {
          const [camera] = (await enumerate()).filter(({kind}) => kind === "videoinput");
          const second = {kind: "videoinput", deviceId: "second", label: "<b>Document camera</b>"};
          return [camera, second];
        };
        """
    )
    notebook.start(CAMERA)
    view = notebook.view("webcam")
    start(view)
    choice = view.get_by_role("combobox", name="Camera")
    choice.select_option(label="<b>Document camera</b>")
    notebook.eventually(
        lambda: any(
            call["video"].get("deviceId") == {"exact": "second"}
            for call in notebook.page.evaluate("window.watched.calls")
        )
    )
    # there is no such device: any camera is better than none
    expect(view.get_by_role("button", name="Stop camera")).to_be_visible()
    notebook.eventually(lambda: live_tracks(notebook.page) == 1)


def test_the_camera_goes_off_after_half_a_minute_in_a_hidden_tab(notebook: NotebookPage) -> None:
    notebook.start(CAMERA)
    page = notebook.page
    page.clock.install()
    start(notebook.view("webcam"))
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.clock.fast_forward(25_000)
    page.evaluate(hide, False)
    page.evaluate(hide, True)
    page.clock.fast_forward(25_000)
    assert live_tracks(page) == 1, "a short look at another tab must not stop the camera"
    page.clock.fast_forward(6_000)
    notebook.eventually(lambda: live_tracks(page) == 0, 5)
    page.evaluate(hide, False)
    expect(notebook.view("webcam")).to_contain_text("hidden for 30 seconds")


def test_a_prediction_of_a_second_holds_back_neither_the_page_nor_the_newest_frame(
    notebook: NotebookPage,
) -> None:
    in_flight = frames_in_flight(notebook.page)
    notebook.start(
        CAMERA,
        "taken, ages, last = [], [], [0]\n"
        "camera.images.subscribe(lambda _: last.append(time.time()), key='last')\n"
        "def predict(image):\n"
        "    ages.append(time.time() - last[-1])\n"
        "    time.sleep(1)\n"
        "    taken.append(time.time())\n"
        "camera.images.latest().subscribe(predict, key='predict')",
        "model = mnb.mlp()\nmodel",
    )
    start(notebook.view("webcam"))
    notebook.eventually(lambda: int(notebook.execute("print(len(taken))")) >= 2)
    field = notebook.view("model").get_by_label("Epochs")
    notebook.execute(
        "seen = {}\n"
        "model.parameters.epochs.subscribe(lambda value: seen.update({value: time.time()}))"
    )
    field.fill("77")
    began = time.time()
    field.press("Enter")
    notebook.eventually(lambda: notebook.execute("print(model.epochs)").strip() == "77")
    assert float(notebook.execute("print(seen[77])")) - began < 0.5, "it waited for a prediction"
    notebook.eventually(lambda: int(notebook.execute("print(len(taken))")) >= 4)
    assert max(map(float, notebook.execute("print(*ages)").split())) < 0.5, "not the newest frame"
    assert max(in_flight) == 1


def frames_in_flight(page: Page) -> list[int]:
    """Follow how many frames have left the page that the kernel has not yet taken."""
    counts = [0]

    def sent(payload: str | bytes) -> None:
        if b'"kind":"frame"' in as_bytes(payload):
            counts.append(counts[-1] + 1)

    def received(payload: str | bytes) -> None:
        if b'"taken"' in as_bytes(payload):
            counts.append(counts[-1] - 1)

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", sent)
        socket.on("framereceived", received)

    page.on("websocket", watch)
    return counts


def as_bytes(payload: str | bytes) -> bytes:
    return payload if isinstance(payload, bytes) else payload.encode()
