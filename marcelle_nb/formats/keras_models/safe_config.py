"""The configuration of a Keras model, checked before Keras reads it.

What Keras builds from a configuration can run Python bytecode (`Lambda`), import modules, call
functions by name and read files. Here every object that a configuration names, wherever it is
nested, is one that only computes, or one that the notebook has registered.
"""

from __future__ import annotations

import builtins
import importlib
import math
import re
import sys
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.keras_names import LAYERS, MODELS, PARTS, VALUES
from marcelle_nb.formats.keras_models.metric_sizes import MAX_BYTES as MAX_METRICS
from marcelle_nb.formats.keras_models.metric_sizes import checked_metric_size
from marcelle_nb.formats.keras_models.weight_shapes import check_weight_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_config", "check_weight_shapes", "is_registered"]

MAX_DEPTH = 100
MAX_VALUES = 1_000_000
MAX_LAYERS = 5_000
MAX_NUMBER = 2**31
MAX_NAME = 1_000
"""Characters of a name, of which Keras keeps several copies for each variable."""

MAX_SIZE = 2**28
"""The most that one size of a layer can be: a vocabulary of a quarter of a billion words."""

_MODULE = re.compile(
    r"(tf_)?keras(\.src)?(\.(activations|constraints|dtype_policies|engine|initializers|layers|"
    r"losses|metrics|mixed_precision|models|ops|optimizers|quantizers|regularizers)(\.[a-z0-9_]+)*)?"
)
_FUNCTIONS = re.compile(
    r"(tf_)?keras(\.src)?\."
    r"(activations|constraints|initializers|losses|metrics|ops|regularizers)(\.[a-z0-9_]+)*"
)
_OPERATIONS = re.compile(r"keras\.src\.ops\.[a-z_0-9]+")
_PYTHON = set(vars(builtins)) - {"abs", "all", "any", "max", "min", "pow", "round", "sum"}
_BYTECODE = re.compile(r"[4YcJ-]w[A-Za-z0-9+/]{4}[A-Za-z0-9+/=\s]{30,}")  # base64 of `marshal`
_FILES = {"vocabulary", "idf_weights", "filepath", "file_path"}
_SIZES = {
    "units",
    "filters",
    "input_dim",
    "output_dim",
    "num_heads",
    "key_dim",
    "value_dim",
    "head_dim",
    "depth_multiplier",
    "max_tokens",
    "num_tokens",
    "num_bins",
    "n",
}
_NUMBERS = re.compile(r"bool|u?int(8|16|32|64)|b?float(16|32|64)|complex(64|128)")
_LONG = {"seed", "shared_object_id", "salt"}  # these count nothing


def check_config(config: Any, what: str, *, trust: bool = False) -> None:
    """Check the configuration of a model, its training included.

    Parameters
    ----------
    config : dict
        As parsed from a file of any version of Keras, or of TensorFlow.js.
    what : str
        What messages call the file.
    trust : bool
        Whether code and files may be named; sizes are checked all the same.

    Raises
    ------
    UnsafeModel
        If something in it could run code or read files: a `Lambda`, Python bytecode, a class or
        function that neither belongs to Keras nor is registered.
    ModelFormatError
        If it is too deep, has too many layers, or sizes that no model has.
    """
    if not isinstance(config, dict):
        raise ModelFormatError(f"{what}: expected a configuration, got {type(config).__name__}")
    layers = metrics = 0
    for key, value, owner in _walked(config, what):
        if key == "layers" and isinstance(value, list):
            layers += len(value)
        _check_extent(key, value, f"{what}: {owner}")
        if isinstance(value, dict) and isinstance(value.get("config"), dict):
            _check_value(value, f"{what}: {owner}")
            metrics += checked_metric_size(value, f"{what}: {owner}")
        if key == "inbound_nodes" and isinstance(value, dict) and "args" in value:
            _check_call(value, f"{what}: {owner}")
        if not trust:
            _check_safety(key, value, f"{what}: {owner}")
    if layers > MAX_LAYERS:
        raise ModelFormatError(f"{what}: expected at most {MAX_LAYERS:,} layers, got {layers:,}")
    if metrics > MAX_METRICS:
        raise ModelFormatError(
            f"{what}: expected metrics of at most {MAX_METRICS:,} bytes, got {metrics:,}"
        )


def is_registered(name: Any) -> bool:
    """Tell whether the notebook has registered a class or function under a name.

    Our own layers count; Keras is imported only for them.
    """
    if not isinstance(name, str):
        return False
    if name.startswith("marcelle_nb>"):
        importlib.import_module("marcelle_nb.formats.keras_models.legacy_layers")  # registers them
    keras = sys.modules.get("keras")
    return keras is not None and keras.saving.get_registered_object(name) is not None


def _walked(config: dict[str, Any], what: str) -> Iterator[tuple[str, Any, str]]:
    """Give every value with its key and the layer that it belongs to, without recursion."""
    stack: list[tuple[str, Any, str, int]] = [("", config, "model", 0)]
    count = 0
    while stack:
        key, value, owner, depth = stack.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_VALUES:
            raise ModelFormatError(
                f"{what}: expected at most {MAX_DEPTH} levels and {MAX_VALUES:,} values, got more"
            )
        if isinstance(value, dict):
            owner = _owner(value, owner)
            stack += [(str(k), v, owner, depth + 1) for k, v in value.items()]
        elif isinstance(value, list):
            # a list of words is no file name; a list of shapes is as much a shape
            stack += [("" if isinstance(v, str) else key, v, owner, depth + 1) for v in value]
        yield key, value, owner


def _owner(value: dict[str, Any], owner: str) -> str:
    inner = value.get("config")
    name = inner.get("name") if isinstance(inner, dict) else None
    if "class_name" in value and isinstance(name, str):
        return f"layer {name[:60]!r}"
    return owner


def _check_object(value: dict[str, Any], what: str) -> None:
    """Refuse an object that is neither Keras's own and harmless, nor registered."""
    name, module = value["class_name"], value.get("module")
    if not isinstance(name, str) or not isinstance(module, str | None):
        raise ModelFormatError(f"{what}: expected the name of a class, got {name!r:.60}")
    if name in {"Lambda", "__lambda__"}:
        raise UnsafeModel(f"{what}: expected no Lambda, which holds Python code")
    registered = value.get("registered_name")
    if name == "function":
        name = value.get("config")
        allowed = _allowed_function(name, module)
    else:
        allowed = _allowed(name, module)
    if registered in (None, name, value["class_name"]):
        if allowed or is_registered(registered) or is_registered(name):
            return
    elif is_registered(registered):
        return
    raise UnsafeModel(
        f"{what}: expected classes and functions of Keras, or registered ones, got {name!r:.80}; "
        "if it is yours, define it with @keras.saving.register_keras_serializable() before loading"
    )


def _allowed_function(name: Any, module: str | None) -> bool:
    if module == "builtins":  # Keras means its own ones by this, but Python's are called so too
        return isinstance(name, str) and name not in _PYTHON
    return module is not None and _FUNCTIONS.fullmatch(module) is not None


def _allowed(name: str, module: str | None) -> bool:
    if module is None:
        # Keras 2 writes its optimizers as if they were somebody's own
        return name.removeprefix("Custom>") in LAYERS | PARTS | VALUES
    if module == "keras" or module.endswith((".functional", ".sequential", ".training")):
        return name in MODELS | PARTS and _MODULE.fullmatch(module) is not None
    if _OPERATIONS.fullmatch(module):
        return name.isidentifier()
    return name in LAYERS | PARTS and _MODULE.fullmatch(module) is not None


def _check_safety(key: str, value: Any, what: str) -> None:
    if isinstance(value, dict):
        if "function_type" in value:
            raise UnsafeModel(f"{what}: expected no Python function")
        if "class_name" in value:
            _check_object(value, what)
    elif isinstance(value, str):
        if key in _FILES:
            raise UnsafeModel(f"{what}: expected no file to read as {key!r}, got {value!r:.80}")
        if _BYTECODE.match(value):
            raise UnsafeModel(f"{what}: expected no Python bytecode, got {value[:20]!r}")


def _check_call(node: dict[str, Any], what: str) -> None:
    """Refuse a call with constants alone, which Keras would compute while it builds the model."""
    stack: list[Any] = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                return
            stack += value.values()
        elif isinstance(value, list | tuple):
            stack += value
    raise ModelFormatError(f"{what}: expected a layer that takes another's output, got constants")


def _check_value(value: dict[str, Any], what: str) -> None:
    """Refuse arrays of other things than numbers: one short text may be padded to gigabytes."""
    if value.get("class_name") in ("__numpy__", "__tensor__"):
        dtype = value["config"].get("dtype")
        if not isinstance(dtype, str) or not _NUMBERS.fullmatch(dtype):
            raise ModelFormatError(
                f"{what}: expected an array of numbers, got one of {dtype!r:.60}"
            )


def _check_extent(key: str, value: Any, what: str) -> None:
    if isinstance(value, int):
        limit = MAX_SIZE if key in _SIZES else 2**64 if key in _LONG else MAX_NUMBER
        if not -limit <= value <= limit:
            shown = f"{value:,}" if abs(value) < 2**64 else "a larger one"
            raise ModelFormatError(
                f"{what}: {key[:40]}: expected a number up to {limit:,}, got {shown}"
            )
    elif isinstance(value, str) and key == "name" and len(value) > MAX_NAME:
        raise ModelFormatError(
            f"{what}: name: expected at most {MAX_NAME:,} characters, got {len(value):,}"
        )
    elif isinstance(value, list) and key.endswith("shape"):
        sizes = [n for n in value if type(n) is int]
        if len(value) > 64 or math.prod(n for n in sizes if n > 0) > MAX_NUMBER:
            raise ModelFormatError(
                f"{what}: {key[:40]}: expected at most {MAX_NUMBER:,} values, got {sizes[:8]}"
            )
