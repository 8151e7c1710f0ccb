"""What happens in the kernel: import, features, models, the price of one epoch in the live plot."""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import marcelle_nb as mnb
from tests.benchmark.report import heading, median_s, row

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5


def measure() -> None:
    """Print all figures of this module."""
    heading("Kernel")
    _import()
    _features()
    _training()
    _knn()
    _publishing()


def _import() -> None:
    def seconds(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    bare = statistics.median(seconds("pass") for _ in range(RUNS))
    ours = statistics.median(seconds("import marcelle_nb") for _ in range(RUNS))
    every = statistics.median(
        seconds("import marcelle_nb as m\nfor name in dir(m): getattr(m, name)")
        for _ in range(RUNS)
    )
    row("import marcelle_nb", f"{ours - bare:.3f} s", f"every name used: {every - bare:.3f} s")


def _features() -> None:
    features = mnb.image_features()
    random = np.random.default_rng(0)
    for height, width in [(224, 224), (480, 640), (3000, 4000)]:
        picture = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        ms = 1000 * median_s(partial(features.process, picture), 10)
        row(f"image_features().process, {width} x {height}", f"{ms:.1f} ms")


def _training() -> None:
    x = np.random.default_rng(0).normal(size=(800, 1024)).astype(np.float32)
    y = [f"label {i % 4}" for i in range(800)]
    instances = [{"x": row, "y": label} for row, label in zip(x, y, strict=True)]
    model = mnb.mlp(epochs=20, batch_size=8, validation_split=0, seed=0)
    ours = median_s(lambda: model.train(instances).wait(), RUNS)
    one_hot = np.eye(4, dtype=np.float32)[[i % 4 for i in range(800)]]
    keras = _keras_s(x, one_hot)
    row("mlp, 800 x 1,024 rows, batch 8, 20 epochs", f"{ours:.2f} s", f"keras.fit: {keras:.2f} s")
    row("  ratio to keras.fit", f"{ours / keras:.3f}")


def _keras_s(x: np.ndarray, y: np.ndarray) -> float:
    import keras

    def fit() -> None:
        layers = [keras.layers.Dense(n, "relu") for n in (64, 32)]
        network = keras.Sequential([*layers, keras.layers.Dense(4, "softmax")])
        network.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        network.fit(x, y, batch_size=8, epochs=20, verbose=0)

    start = time.perf_counter()
    fit()
    return time.perf_counter() - start


def _knn() -> None:
    random = np.random.default_rng(0)
    model = mnb.knn()
    rows = random.normal(size=(5_000, 1024)).astype(np.float32)
    model.train([{"x": x, "y": str(i % 5)} for i, x in enumerate(rows)]).wait()
    ms = 1000 * median_s(lambda: model.predict(rows[7]), 20)
    row("knn.predict among 5,000 x 1,024 rows", f"{ms:.2f} ms")


def _publishing() -> None:
    model = mnb.mlp(epochs=2_000)
    assert model.widget is not None  # from now on every epoch goes to the live plot
    metrics = {"loss": 0.5, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": 0.5}

    def publish() -> None:
        for epoch in range(1, 101):
            status = mnb.TrainingStatus("epoch", epoch, 2_000, metrics)
            model._tell(status)

    ours = median_s(publish, 20) / 100
    figure = median_s(_redraw(), 5)
    row("publish one epoch to the live plot", f"{1000 * ours:.3f} ms")
    row("  a redrawn matplotlib figure", f"{1000 * figure:.0f} ms", f"ratio {ours / figure:.5f}")


def _redraw() -> Callable[[], object]:
    from matplotlib.figure import Figure

    def redraw() -> None:
        figure = Figure(figsize=(8, 3))
        for axes in figure.subplots(1, 2):
            axes.plot(range(20))
            axes.plot(range(20))
            axes.legend(["training", "validation"])
        figure.savefig(io.BytesIO(), format="png")

    return redraw
