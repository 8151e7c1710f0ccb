"""Pretrained models frame by frame, beside what TensorFlow and TensorFlow Lite take for them."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import marcelle_nb as mnb
from tests.benchmark.report import heading, row
from tests.formats.web_server import web_server
from tests.mobilenet_weights import write_keras_weights

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 40
SIZES = [(224, 224), (480, 640)]


def measure() -> None:
    """Print all figures of this module."""
    heading("Pretrained models (random weights; resizing included)")
    with tempfile.TemporaryDirectory() as folder, web_server() as server:
        before = os.environ.get("MARCELLE_NB_CACHE")
        os.environ["MARCELLE_NB_CACHE"] = f"{folder}/cache"
        try:
            for version in (1, 2):
                path = write_keras_weights(Path(folder) / f"v{version}.h5", version)
                server.answers[f"/{path.name}"] = path.read_bytes()
                _mobilenet(version, path, server.url(f"/{path.name}"))
            _coco_ssd(Path(folder))
        finally:
            os.environ.pop("MARCELLE_NB_CACHE")
            if before is not None:
                os.environ["MARCELLE_NB_CACHE"] = before


def _mobilenet(version: int, path: Path, url: str) -> None:
    first = _seconds(lambda: mnb.mobilenet(version, url=url).predict(_frame(9, 9)))
    again = _seconds(lambda: mnb.mobilenet(version, url=url).predict(_frame(9, 9)))
    model = mnb.mobilenet(version, url=url)
    row(f"mobilenet({version}), made and ready", f"{again:.2f} s", f"first time: {first:.1f} s")
    compiled = _compiled(version, path)
    lite = _lite(model)
    for height, width in SIZES:
        frame = _frame(height, width)
        works: dict[str, Callable[[], object]] = {
            "predict": partial(model.predict, frame),
            "process": partial(model.process, frame),
            "compiled": partial(compiled, frame),
            "lite": partial(lite, frame),
        }
        ms = _side_by_side(works)
        others = f"compiled TensorFlow {ms['compiled']:.1f}, TensorFlow Lite {ms['lite']:.1f} ms"
        fastest = min(ms["compiled"], ms["lite"])
        row(f"mobilenet({version}).predict, {width} x {height}", f"{ms['predict']:.1f} ms", others)
        row("  ratio to the faster", f"{ms['predict'] / fastest:.2f}", "at most 1.3")
        row(f"mobilenet({version}).process, {width} x {height}", f"{ms['process']:.1f} ms")
    frames = [_frame(224, 224)] * 16
    many = _seconds(lambda: model.process_many(frames)) / 16
    row(f"mobilenet({version}).process_many, per picture", f"{1000 * many:.1f} ms")


def _coco_ssd(folder: Path) -> None:
    """The small network of the package itself: what is measured is what comes on top of one."""
    model = mnb.coco_ssd(url=mnb.practice_weights("coco-ssd", folder))
    seconds = _seconds(lambda: model.predict(_frame(9, 9)))
    row("coco_ssd(url=practice), ready", f"{seconds:.2f} s")
    compiled = _graph(model)
    for height, width in [(300, 300), (480, 640)]:
        frame = _frame(height, width)
        works: dict[str, Callable[[], object]] = {
            "predict": partial(model.predict, frame),
            "compiled": partial(compiled, frame),
        }
        ms = _side_by_side(works)
        other = f"the graph in compiled TensorFlow {ms['compiled']:.1f} ms"
        row(f"coco_ssd.predict, {width} x {height}", f"{ms['predict']:.1f} ms", other)
        row("  ratio to it", f"{ms['predict'] / ms['compiled']:.2f}", "at most 1.3")


def _graph(model: Any) -> Callable[[np.ndarray], Any]:
    import tensorflow as tf

    graph = tf.function(model._loaded().model.tf_function())

    def run(frame: np.ndarray) -> Any:
        return [answer.numpy() for answer in graph(tf.constant(frame[None].astype(np.int32)))]

    return run


def _frame(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _side_by_side(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Measure in turns, so that what else the machine does falls on all alike; in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(FRAMES):
        for name, work in works.items():
            times[name].append(1000 * _seconds(work))
    return {name: statistics.median(each) for name, each in times.items()}


def _compiled(version: int, path: Path) -> Callable[[np.ndarray], Any]:
    import keras
    import tensorflow as tf

    application = keras.applications.MobileNet if version == 1 else keras.applications.MobileNetV2
    model = application((224, 224, 3), weights=None)
    model.load_weights(str(path))

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)])
    def network(frame: Any) -> Any:
        small = tf.image.resize(frame[None], (224, 224))
        return model(small / 127.5 - 1.0, training=False)

    return lambda frame: network(tf.constant(frame)).numpy()


def _lite(model: Any) -> Callable[[np.ndarray], Any]:
    """Give the interpreter alone, called as its documentation does; Pillow resizes."""
    from PIL import Image

    network = model._network._network

    def run(frame: np.ndarray) -> Any:
        small = frame
        if frame.shape[:2] != (224, 224):
            small = np.asarray(Image.fromarray(frame).resize((224, 224), Image.Resampling.BILINEAR))
        interpreter = network._interpreter
        interpreter.set_tensor(network._input, small[None].astype(np.float32) / 127.5 - 1)
        interpreter.invoke()
        return interpreter.get_tensor(network._outputs[0])

    return run
