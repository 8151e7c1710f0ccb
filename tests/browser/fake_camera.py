"""A film for Chromium's fake camera: pictures that change every two seconds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from playwright.sync_api import Page

FRAMES = 60


def write_film(path: Path, pictures: Iterable[Image.Image]) -> Path:
    """Write the pictures as JPEG files of one size, each 60 times: two seconds at 30 a second."""
    with path.open("wb") as film:
        for picture in pictures:
            frame = io.BytesIO()
            picture.convert("RGB").resize((640, 480)).save(frame, "JPEG", quality=90)
            film.write(frame.getvalue() * FRAMES)
    return path


SCENE = """
() => {
  const video = document.querySelector(".marcelle-webcam video");
  if (!video?.videoWidth) return "";
  const canvas = new OffscreenCanvas(1, 1);
  const pen = canvas.getContext("2d");
  pen.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  const [red, green] = pen.getImageData(0, 0, 1, 1).data;
  return green > red / 2 ? "stripes" : "disc";
}
"""


def scene(page: Page) -> str:
    """Tell which of the two scenes the preview shows now: "disc" or "stripes"."""
    return str(page.evaluate(SCENE))


def launch_arguments(film: Path) -> list[str]:
    """Give what Chromium is started with, to see the film and to leave the network alone."""
    return [
        "--no-sandbox",
        "--disable-background-networking",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


def pictures() -> list[Image.Image]:
    """Make two scenes of different form and colour; a bright left half tells a mirror image."""
    rows, columns = np.mgrid[0:480, 0:640]
    disc = (rows - 240) ** 2 + (columns - 320) ** 2 < 150**2
    stripes = (columns // 40) % 2 == 0
    scenes = [(disc, (200, 40, 40), (20, 60, 120)), (stripes, (240, 220, 60), (20, 120, 60))]
    return [Image.fromarray(_scene(*scene)) for scene in scenes]


def _scene(
    form: np.ndarray, inside: tuple[int, int, int], outside: tuple[int, int, int]
) -> np.ndarray:
    pixels = np.where(form[..., None], np.array(inside), np.array(outside)).astype(np.uint8)
    pixels[:, :200] = np.minimum(pixels[:, :200].astype(int) + 60, 255)
    return pixels
