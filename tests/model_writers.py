"""Processes that save a model again and again, to be killed."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

import numpy as np

import marcelle_nb as mnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.model_writers", "marcelle_nb.models.mlp"])

WIDTH = 400


def start(work: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start a function of this module in a process of its own."""
    process = _processes.Process(target=work, args=args, daemon=True)
    process.start()
    return process


def instances(n: int) -> list[dict[str, Any]]:
    """Make what version n of the model learns: everything in it says n."""
    return [{"x": np.eye(1, WIDTH, n % WIDTH)[0], "y": label} for label in (f"v{n}", f"w{n}")]


def save_forever(place: str, told: str) -> None:
    """Save ever new models in one place; append the number of each save that returned."""
    model = mnb.KNN()
    with mnb.data_store(place) as store, open(told, "ab", buffering=0) as file:  # noqa: PTH123
        identifier = None
        for n in range(2**31):
            model.train(instances(n)).wait(60)
            identifier = model.save(store, "killed", {"version": n}, id=identifier)
            file.write(f"{n}\n".encode())


def sync_forever(place: str, told: str) -> None:
    """Train ever new models, each of which is saved before `wait` returns."""
    model = mnb.KNN()
    with mnb.data_store(place) as store, open(told, "ab", buffering=0) as file:  # noqa: PTH123
        model.sync(store, "killed")
        for n in range(2**31):
            model.train(instances(n)).wait(60)
            file.write(f"{n}\n".encode())
