"""Model files: how long a fixture takes to load and to predict, beside what else runs it.

Everything is measured in one run on one machine, and the ratios are what counts: predicting beside
TensorFlow.js with WebAssembly in Node, and beside the TensorFlow Lite interpreter.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from tests.benchmark.report import heading, median_s, row
from tests.formats.tfjs_node import TfjsError, time_tfjs

if TYPE_CHECKING:
    from marcelle_nb.formats.loaded_model import LoadedModel

FIXTURES = Path(__file__).parent.parent / "fixtures"
RUNS = 20
LOADS = 5
LARGE = {"mobilenet_like"}
"""Not counted among the small fixtures, whose median has a limit of 100 ms."""


def measure() -> None:
    """Print all figures of this module."""
    heading("Model files (TensorFlow imported before)")
    loads: dict[str, float] = {}
    beside_tfjs: list[float] = []
    beside_tflite: list[float] = []
    _load_any()
    for folder in sorted(path.parent for path in FIXTURES.glob("tfjs-*/*/io.json")):
        seconds, model = _load(folder)
        loads[folder.name] = 1000 * seconds
        inputs = _inputs(folder, model)
        ours = 1000 * median_s(partial(model, *inputs), RUNS)
        row(folder.name, f"load {1000 * seconds:.0f} ms, predict {ours:.2f} ms")
        for name, theirs, ratios in (
            ("TensorFlow.js, WebAssembly", _wasm_ms(folder, model, inputs), beside_tfjs),
            ("TensorFlow Lite", _tflite_ms(model, inputs), beside_tflite),
        ):
            if theirs is not None:
                ratios.append(ours / theirs)
                row(f"  beside {name}: {theirs:.2f} ms", f"ratio {ours / theirs:.2f}")
    small = [ms for name, ms in loads.items() if name not in LARGE]
    row("median load of the small fixtures", f"{statistics.median(small):.0f} ms")
    row("median ratio to TensorFlow.js, WebAssembly", f"{_median(beside_tfjs)}")
    row("median ratio to TensorFlow Lite", f"{_median(beside_tflite)}")


def _median(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} of {len(ratios)}" if ratios else "none ran"


def _load_any() -> None:
    """Let one model of each kind pay for the imports."""
    from marcelle_nb.formats.load import load

    for kind, name in (("layers", "mlp_dense"), ("graph", "cnn_classifier")):
        load(FIXTURES / f"tfjs-{kind}" / name)


def _load(folder: Path) -> tuple[float, LoadedModel]:
    from marcelle_nb.formats.load import load

    times = []
    for _ in range(LOADS):
        start = time.perf_counter()
        model = load(folder)
        times.append(time.perf_counter() - start)
    return statistics.median(times), model


def _inputs(folder: Path, model: LoadedModel) -> list[Any]:
    """Give a fixture's inputs in the order of the model."""
    told = json.loads((folder / "io.json").read_text())["inputs"]
    arrays = [np.array(one["data"], one["dtype"]).reshape(one["shape"]) for one in told]
    by_name = {one["name"]: array for one, array in zip(told, arrays, strict=True)}
    names = [spec.name for spec in model.inputs]
    return [by_name[name] for name in names] if set(names) == set(by_name) else arrays


def _wasm_ms(folder: Path, model: LoadedModel, inputs: list[Any]) -> float | None:
    by_name = {spec.name: array for spec, array in zip(model.inputs, inputs, strict=True)}
    given = by_name if model.format == "tfjs-graph" else inputs
    with suppress(TfjsError):  # operations that WebAssembly lacks, and files it refuses
        times: list[float] = time_tfjs(folder, given, repeat=RUNS)["run_ms"]
        return statistics.median(times[1:])
    return None


def _tflite_ms(model: LoadedModel, inputs: list[Any]) -> float | None:
    """Time the bare interpreter on the same model, in the form that it is made for."""
    from marcelle_nb.formats.convert import convert

    with tempfile.TemporaryDirectory() as folder, suppress(ModelFormatError, ValueError):
        (path, *_) = convert(model, Path(folder) / "model.tflite")
        with suppress(RuntimeError):  # a file that takes one row, where loops over time need it
            return 1000 * _interpreter_s(path, inputs)
    return None


def _interpreter_s(path: Path, inputs: list[Any]) -> float:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=1)
    details = interpreter.get_input_details()
    by_place = dict(zip([one["index"] for one in details], inputs, strict=True))
    for index, array in by_place.items():
        interpreter.resize_tensor_input(index, array.shape)
    interpreter.allocate_tensors()
    outputs = [one["index"] for one in interpreter.get_output_details()]

    def predict() -> list[Any]:
        for index, array in by_place.items():
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in outputs]

    return median_s(predict, RUNS)
