"""Figures in a kernel that knows nothing of them."""

import base64
import io
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from PIL import Image

from marcelle_nb import plots
from marcelle_nb.plots.report_figure import ReportFigure

FIGURE = "plots.dataset([{'x': [1, 2, 3], 'y': 'a'}])"


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel()
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def shown(kernel: BlockingKernelClient, code: str) -> list[dict[str, Any]]:
    """Run a cell, and give what it shows."""
    found: list[dict[str, Any]] = []

    def keep(message: dict[str, Any]) -> None:
        assert message["msg_type"] != "error", message["content"]
        if "data" in message["content"]:
            found.append(message["content"]["data"])

    kernel.execute_interactive(code, output_hook=keep, timeout=60)
    return found


def size(bundle: dict[str, Any]) -> tuple[int, int]:
    return Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).size


@pytest.mark.kernel
def test_a_figure_is_one_picture_in_a_fresh_kernel_and_with_pyplot(kernel):
    shown(kernel, "import sys; from marcelle_nb import plots")
    (fresh,) = shown(kernel, FIGURE)
    assert set(fresh) == {"image/png", "text/plain"}
    assert size(fresh) == (810, 130)
    assert shown(kernel, "'matplotlib.pyplot' in sys.modules") == [{"text/plain": "False"}]
    shown(kernel, "import matplotlib.pyplot")
    (after,) = shown(kernel, FIGURE)
    assert set(after) == {"image/png", "text/plain"}
    shown(kernel, "%matplotlib inline")
    (inline,) = shown(kernel, FIGURE)
    assert set(inline) == {"image/png", "text/plain"}


def test_a_figure_draws_itself_and_can_be_kept():
    figure = plots.dataset([{"x": [1, 2], "y": "a"}])
    assert isinstance(figure, ReportFigure)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert pickle.loads(pickle.dumps(figure)).get_suptitle() == figure.get_suptitle()
