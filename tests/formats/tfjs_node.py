"""Real TensorFlow.js in Node, for tests of what is written for it and read from it.

One Node process serves all tests of a session, since it takes a second to start. What goes wrong in
TensorFlow.js arrives as `TfjsError` with its message. A test that calls any of this is marked
`@requires_tfjs`.

>>> run_tfjs(folder, [x])                          # doctest: +SKIP
[array([[0.2, 0.8]], dtype=float32)]
>>> run_tfjs(folder, {"image": x}, ["features"])   # an intermediate layer or node  # doctest: +SKIP
"""

from __future__ import annotations

import atexit
import base64
import json
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Inputs = Sequence[Any] | Mapping[str, Any]

SCRIPTS = Path(__file__).parents[2] / "js" / "tests" / "tfjs"
NODE = shutil.which("node")
TIMEOUT = 120
"""Seconds that an answer may take."""

requires_tfjs = pytest.mark.skipif(
    NODE is None or not (SCRIPTS.parents[1] / "node_modules" / "@tensorflow" / "tfjs").is_dir(),
    reason="needs Node and TensorFlow.js: npm install in js/",
)


class TfjsError(Exception):
    """TensorFlow.js refused a model or failed to run it."""


@dataclass(frozen=True)
class Fitted:
    """What a training in TensorFlow.js gave.

    Attributes
    ----------
    before, after : list of float
        Loss and metrics of `evaluate` before and after the training.
    history : dict of str to list of float
        One number an epoch; TensorFlow.js calls accuracy `acc`.
    """

    before: list[float]
    history: dict[str, list[float]]
    after: list[float]


def run_tfjs(
    folder: Path,
    inputs: Inputs,
    outputs: Sequence[str] | None = None,
    *,
    main: str = "model.json",
    backend: str = "cpu",
) -> list[NDArray[Any]]:
    """Load a layers or graph model from its folder and predict, exactly as a web page would.

    Parameters
    ----------
    folder : Path
    inputs : sequence of array_like, or dict by name
        float64 goes as float32, other whole numbers than int32 as int32.
    outputs : sequence of str, optional
        Layers, or nodes of the graph, in place of the model's own outputs.
    main : str
        The name of the model.json.
    backend : str
        `"cpu"` or `"wasm"`.

    Returns
    -------
    list of numpy.ndarray
        In TensorFlow.js's own order.
    """
    found = run_tfjs_named(folder, inputs, outputs, main=main, backend=backend)
    return [value for _, value in found]


def run_tfjs_named(
    folder: Path,
    inputs: Inputs,
    outputs: Sequence[str] | None = None,
    *,
    main: str = "model.json",
    backend: str = "cpu",
) -> list[tuple[str, NDArray[Any]]]:
    """Do as `run_tfjs`, and give the name of each output with it."""
    result = _ask(
        "run",
        path=str(Path(folder).resolve() / main),
        inputs=_given(inputs),
        outputs=None if outputs is None else list(outputs),
        backend=backend,
    )
    return [(item["name"], _array(item)) for item in result["outputs"]]


def fit_tfjs(
    folder: Path,
    x: Sequence[Any],
    y: Sequence[Any],
    *,
    epochs: int = 1,
    batch_size: int = 32,
    main: str = "model.json",
) -> Fitted:
    """Load a layers model and train it on, with its own training configuration, not shuffled."""
    result = _ask(
        "fit",
        path=str(Path(folder).resolve() / main),
        x=_given(x),
        y=_given(y),
        epochs=epochs,
        batch_size=batch_size,
    )
    return Fitted(**result)


def describe_tfjs(folder: Path, *, main: str = "model.json") -> dict[str, Any]:
    """Load a model and give `inputs` and `outputs` (name, shape, dtype), their names, `layers`."""
    description: dict[str, Any] = _ask("describe", path=str(Path(folder).resolve() / main))
    return description


def weights_tfjs(folder: Path, *, main: str = "model.json") -> dict[str, NDArray[Any]]:
    """Load a model and give its weights by name."""
    result = _ask("weights", path=str(Path(folder).resolve() / main))
    return {item["name"]: _array(item) for item in result["weights"]}


def time_tfjs(
    folder: Path,
    inputs: Inputs,
    *,
    repeat: int = 10,
    main: str = "model.json",
    backend: str = "wasm",
) -> dict[str, Any]:
    """Load a model and predict several times: `load_ms`, and a list `run_ms`."""
    timing: dict[str, Any] = _ask(
        "time",
        path=str(Path(folder).resolve() / main),
        inputs=_given(inputs),
        repeat=repeat,
        backend=backend,
    )
    return timing


class _Node:
    """The process, started when first asked."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[str] | None = None

    def ask(self, line: str) -> dict[str, Any]:
        with self.lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            watch = threading.Timer(TIMEOUT, process.kill)
            watch.start()
            try:
                process.stdin.write(line + "\n")
                process.stdin.flush()
                reply = process.stdout.readline()
            finally:
                watch.cancel()
            if not reply:
                self.close()
                raise TfjsError("Node ended, or gave no answer in time")
            answer: dict[str, Any] = json.loads(reply)
            return answer

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None:
            assert NODE is not None
            self.process = subprocess.Popen(
                [NODE, str(SCRIPTS / "run.mjs")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
        return self.process


_node = _Node()
atexit.register(_node.close)


def _ask(request: str, **rest: Any) -> Any:
    answer = _node.ask(json.dumps({"request": request, **rest}))
    if "error" in answer:
        raise TfjsError(answer["error"])
    return answer["result"]


def _given(inputs: Inputs) -> Any:
    if hasattr(inputs, "items"):
        return {name: _tensor(value) for name, value in inputs.items()}
    return [_tensor(value) for value in inputs]


def _tensor(value: Any) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype.kind in "SUO":
        texts = [v.decode() if isinstance(v, bytes) else str(v) for v in array.flat]
        return {"shape": array.shape, "dtype": "string", "data": texts}
    dtype = {"f": "float32", "i": "int32", "u": "int32", "b": "bool", "c": "complex64"}
    kind = dtype[array.dtype.kind]
    data = base64.b64encode(array.astype(kind).tobytes()).decode()
    return {"shape": array.shape, "dtype": kind, "data": data}


def _array(item: Mapping[str, Any]) -> NDArray[Any]:
    if item["dtype"] == "string":
        return np.array(item["data"], object).reshape(item["shape"])
    data = base64.b64decode(item["data"])
    return np.frombuffer(data, item["dtype"]).reshape(item["shape"])
