"""LayersModels with what TensorFlow.js computes from them, for tests."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.layers_model import load_layers_model

FIXTURES = Path(__file__).parents[1] / "fixtures"
EDGE_CASES = FIXTURES / "layers-edge-cases"


def loaded(folder: Path) -> Any:
    return load_layers_model(ModelFiles.open(folder / "model.json"), "model.json")


def told(folder: Path) -> Any:
    return json.loads((folder / "io.json").read_text())


def array(tensor: Any) -> Any:
    data = tensor["data"]
    if isinstance(data, str):
        flat = np.frombuffer(base64.b64decode(data), tensor["dtype"])
    else:
        flat = np.array(data, tensor["dtype"])
    return flat.reshape(tensor["shape"])


def largest_difference(results: Any, tensors: Any) -> float:
    assert len(results) == len(tensors)
    differences = [0.0]
    for result, tensor in zip(results, tensors, strict=True):
        assert result.shape == tuple(tensor["shape"])
        differences.append(float(np.abs(result - array(tensor)).max(initial=0)))
    return max(differences)


def topology(*layers: Any, **rest: Any) -> dict[str, Any]:
    """A Sequential as TensorFlow.js writes it, of (class, configuration) pairs."""
    made = [
        {"class_name": kind, "config": {"name": f"{kind.lower()}_{i}", **config}}
        for i, (kind, config) in enumerate(layers)
    ]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": made}, **rest}
