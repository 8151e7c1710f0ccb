"""Processes that train a model whose runs are recorded."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

import marcelle_nb as mnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    ["tests.run_writers", "marcelle_nb.models.mlp", "marcelle_nb.components.training_history"]
)

DATA = [{"x": [i % 2, i / 10], "y": "ab"[i % 2]} for i in range(12)]


def start(work: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start a function of this module in a process of its own."""
    process = _processes.Process(target=work, args=args, daemon=True)
    process.start()
    return process


def train_again(place: str, times: int) -> None:
    """Train a tracked model some times."""
    with mnb.data_store(place) as store:
        model = mnb.mlp(epochs=2, layers=[2])
        mnb.training_history(store).track(model, "both")
        for _ in range(times):
            model.train(DATA).wait(60)


def train_forever(place: str) -> None:
    """Train a tracked model for longer than any test takes."""
    store = mnb.data_store(place)
    model = mnb.mlp(epochs=100_000, layers=[2])
    mnb.training_history(store).track(model, "long")
    model.train(DATA).wait(600)
