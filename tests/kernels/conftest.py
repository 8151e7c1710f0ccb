"""One kernel of each release of ipykernel, for all tests in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernels.ipykernel_releases import releases
from tests.kernels.live_kernel import LiveKernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIDY = """
for _name, _thing in list(globals().items()):
    if isinstance(_thing, Component):
        _thing.close()
        del globals()[_name]
"""

SETUP = """
import threading, time
from pathlib import Path
import numpy as np
import marcelle_nb as mnb
from marcelle_nb.component import Component

_rng = np.random.default_rng(0)
few = [{"x": _rng.normal(size=8) + 3 * (i % 2), "y": "ab"[i % 2]} for i in range(20)]
many = [{"x": _rng.normal(size=256), "y": "ab"[i % 2]} for i in range(4_000)]

def endless():
    '''An epoch every few milliseconds, for as long as anybody cares.'''
    return mnb.mlp(layers=[8], epochs=100_000, validation_split=0.2, seed=1)

def slow():
    '''An epoch takes half a minute.'''
    return mnb.mlp(layers=[1_000, 1_000], batch_size=1, seed=1)
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them."""
    for item in items:
        if "tests/kernels" in item.path.as_posix():
            item.add_marker(pytest.mark.kernel)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "release" in metafunc.fixturenames:
        metafunc.parametrize("release", releases(), scope="session")


@pytest.fixture(scope="session")
def new_kernel(
    release: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], LiveKernel]]:
    """Give a function that starts a kernel; all of them end with the last test of their release."""
    started = []

    def start() -> LiveKernel:
        kernel = LiveKernel(release, tmp_path_factory.mktemp("kernel"))
        started.append(kernel)
        return kernel.start()

    yield start
    for kernel in started:
        kernel.stop()


@pytest.fixture(scope="session")
def shared(new_kernel: Callable[[], LiveKernel]) -> list[LiveKernel]:
    return [new_kernel()]


@pytest.fixture
def kernel(shared: list[LiveKernel], new_kernel: Callable[[], LiveKernel]) -> Iterator[LiveKernel]:
    """Give a kernel with nothing in it but data and models to be trained."""
    kernel = shared[0]
    kernel.run(SETUP)
    yield kernel
    if kernel.alive:
        kernel.run(TIDY)
    else:
        shared[0] = new_kernel()
        pytest.fail("the kernel no longer answers")
