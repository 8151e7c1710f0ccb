"""The whole loop, by mouse and keyboard: show, label, train, predict; with camera and files."""

from __future__ import annotations

import io
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.browser.fake_camera import scene

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page, WebSocket

    from tests.browser.notebook_page import NotebookPage

LOOP = (
    """
import marcelle_nb as mnb
features = mnb.image_features()
data = mnb.dataset('things')
camera = mnb.webcam()
camera
""",
    "mnb.recorder(camera, data, process=features.process)",
    "mnb.dataset_browser(data)",
    "model = mnb.mlp(layers=[32], epochs=30, seed=1)\nmodel.dataset = data\nmodel",
    "mnb.confidence_plot(camera.images.map(features.process).map(model.predict))",
)

UPLOAD = (
    """
import marcelle_nb as mnb
upload = mnb.image_upload()
data = mnb.dataset('files')
seen = []
upload.images.subscribe(seen.append)
upload
""",
    "mnb.recorder(upload, data)",
)

LIMIT = 512 * 1024

# the first bytes of what an iPhone saves
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(2_000)


def test_a_class_shows_labels_trains_and_sees_live_predictions(either: NotebookPage) -> None:
    notebook = either.start(*LOOP)
    start_camera(notebook)
    record(notebook, "disc")
    record(notebook, "stripes")

    browser = notebook.view("dataset_browser")
    counts = notebook.execute("print(*data.label_counts().values())").split()
    for label, count in zip(["disc", "stripes"], counts, strict=True):
        assert int(count) >= 3
        group = browser.get_by_role("region", name=label)
        expect(group.locator(".marcelle-count")).to_have_text(count)
        expect(group.get_by_role("option")).to_have_count(int(count))

    model = notebook.view("model")
    model.get_by_role("button", name="Train").click()
    expect(model.locator(".marcelle-status")).to_contain_text("Trained: epoch 30 of 30")
    for curve in ("Loss", "Accuracy"):
        figure = model.locator("figure", has_text=curve)
        expect(figure).to_contain_text("training")
        expect(figure).to_contain_text("validation")
        assert drawn_colors(figure.locator("canvas")) >= 3

    for shown in ("disc", "stripes", "disc"):
        # not only where one follows the other by chance
        notebook.eventually(partial(steady, notebook, shown))


def test_the_pixels_are_as_the_camera_sees_them_and_only_the_preview_is_mirrored(
    lab: NotebookPage,
) -> None:
    lab.start(LOOP[0])
    start_camera(lab)
    wait_for_change_to(lab, "disc")
    preview = lab.view("webcam").locator("video").screenshot()
    edges = "[camera.images.value[:, part].mean() for part in (slice(0, 40), slice(-40, None))]"
    kernel = lab.execute(f"print(*{edges})")
    left, right = map(float, kernel.split())
    assert left > right + 40
    pixels = np.asarray(Image.open(io.BytesIO(preview)).convert("RGB")).astype(float)
    edge = pixels.shape[1] // 6
    middle = pixels[pixels.shape[0] // 3 : -pixels.shape[0] // 3]
    assert middle[:, -edge:].mean() > middle[:, :edge].mean() + 40


def test_pictures_from_files_arrive_upright_small_and_in_order(lab: NotebookPage) -> None:
    sent = sizes_sent(lab.page)
    lab.start(*UPLOAD)
    files: list[FilePayload] = [
        picture("red.png", (200, 30, 30)),
        picture("lying.jpg", (30, 200, 30), orientation=6),
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"Dear diary, " * 90},
        {"name": "photo.heic", "mimeType": "image/heic", "buffer": HEIC},
        photo(4000, 3000),
        picture("blue.png", (30, 30, 200)),
    ]
    lab.view("image_upload").locator("input[type=file]").set_input_files(files)
    view = lab.view("image_upload")
    expect(view).to_contain_text("4 pictures sent", timeout=60_000)
    refused = view.get_by_role("alert").filter(has_text="notes.png")
    expect(refused).to_contain_text("cannot be read")
    expect(refused).to_contain_text("photo.heic")
    expect(refused).to_contain_text("share it as JPEG")
    shapes = lab.execute("print([p.shape for p in seen])")
    assert shapes.strip() == "[(60, 100, 3), (100, 60, 3), (1536, 2048, 3), (60, 100, 3)]"
    middles = lab.execute("print([int(p[30, 30].argmax()) for p in seen[:2] + seen[3:]])")
    assert middles.strip() == "[0, 1, 2]"
    assert sent
    assert max(sent) > LIMIT / 3, "the photo was not cut into chunks of a useful size"
    assert max(sent) <= LIMIT

    recorder = lab.view("recorder")
    recorder.get_by_label("Label", exact=True).fill("holiday")
    recorder.get_by_role("button", name="Add 4 pictures to").click()
    expect(recorder.get_by_role("button", name="holiday 4")).to_be_visible()
    assert lab.execute("print(data.label_counts(), len(data.labels))").strip() == "{'holiday': 4} 1"


def test_pictures_can_be_pasted_and_dropped(lab: NotebookPage) -> None:
    lab.start(*UPLOAD)
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view = lab.view("image_upload")
    lab.page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(40, 20);
          canvas.getContext("2d").fillRect(0, 0, 40, 20);
          const blob = await canvas.convertToBlob({type: "image/png"});
          await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
        }"""
    )
    view.locator("input[type=file]").focus()
    lab.page.keyboard.press("Control+v")
    expect(view).to_contain_text("1 picture sent")
    dropped = lab.page.evaluate_handle(
        """async () => {
          const canvas = new OffscreenCanvas(30, 30);
          canvas.getContext("2d").fillRect(0, 0, 30, 30);
          const blob = await canvas.convertToBlob({type: "image/png"});
          const transfer = new DataTransfer();
          for (const name of ["a.png", "b.png"]) transfer.items.add(new File([blob], name));
          return transfer;
        }"""
    )
    view.locator(".marcelle-drop").dispatch_event("drop", {"dataTransfer": dropped})
    expect(view).to_contain_text("3 pictures sent")
    shapes = lab.execute("print([p.shape[:2] for p in seen])")
    assert shapes.strip() == "[(20, 40), (30, 30), (30, 30)]"


def start_camera(notebook: NotebookPage) -> None:
    view = notebook.view("webcam")
    view.get_by_role("button", name="Start camera").click()
    expect(view.get_by_role("button", name="Stop camera")).to_be_visible()
    notebook.eventually(lambda: scene(notebook.page))


def wait_for_change_to(notebook: NotebookPage, wanted: str) -> None:
    """Wait until a scene has just begun, it stays for two seconds, and the kernel has it too."""
    notebook.eventually(lambda: scene(notebook.page) not in {wanted, ""})
    notebook.eventually(lambda: scene(notebook.page) == wanted)
    is_disc = f"(camera.images.value[112, 112, 1] < 100) == {wanted == 'disc'}"
    notebook.eventually(lambda: notebook.execute(f"print({is_disc})").strip() == "True")


def record(notebook: NotebookPage, label: str) -> None:
    """Type a label, and hold the button while the scene of that name is there."""
    recorder = notebook.view("recorder")
    field = recorder.get_by_label("Label", exact=True)
    field.click()
    field.press("Control+a")
    field.press_sequentially(label)
    recorder.get_by_role("button", name="Hold to record").hover()
    wait_for_change_to(notebook, label)
    notebook.page.mouse.down()
    # three pictures are plenty, and come long before the scene changes
    count = recorder.get_by_role("button", name=label).locator(".marcelle-count")
    notebook.eventually(lambda: count.count() and int(count.inner_text()) >= 3)
    notebook.page.mouse.up()
    expect(recorder.get_by_role("button", name="Hold to record")).to_be_visible()


def steady(notebook: NotebookPage, shown: str) -> bool:
    """Tell whether a scene is shown and named for half a second: longer than an answer may lag."""
    named = notebook.view("confidence_plot").locator(".marcelle-answer b")
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        if scene(notebook.page) != shown or named.inner_text() != shown:
            return False
    return True


def drawn_colors(canvas: Locator) -> int:
    """Count the colours that cover more than a few pixels: axes, and a line for each curve."""
    pixels = Image.open(io.BytesIO(canvas.screenshot())).convert("RGB").quantize(32)
    return sum(count > 20 for count, _ in pixels.getcolors() or [])


def picture(name: str, color: tuple[int, int, int], orientation: int = 1) -> FilePayload:
    """Make a picture of 100 x 60 points, of one colour."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    kind = "JPEG" if name.endswith("jpg") else "PNG"
    Image.new("RGB", (100, 60), color).save(file, kind, exif=exif)
    return {"name": name, "mimeType": f"image/{kind.lower()}", "buffer": file.getvalue()}


def photo(width: int, height: int) -> FilePayload:
    """Make a photo with so much in it that it stays large as a JPEG."""
    grain = np.random.default_rng(0).integers(0, 256, (height // 4, width // 4, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(grain).resize((width, height)).save(file, "JPEG", quality=90)
    return {"name": "IMG 0001.JPG", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def sizes_sent(page: Page) -> list[int]:
    """Watch how large the messages are that leave the page."""
    sizes: list[int] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: sizes.append(len(payload)))

    page.on("websocket", watch)
    return sizes
