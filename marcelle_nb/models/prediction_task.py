"""What a worker does: it keeps the models that it was given, and predicts with them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from importlib import import_module
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.models.packed_model import PackedModel
from marcelle_nb.models.prediction_documents import prediction_document
from marcelle_nb.models.prediction_page import unpacked_inputs, with_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.models.storable_model import StorableModel

MODELS = 4
"""So many a worker keeps; those that were not used for the longest time go first."""

_models: OrderedDict[str, Any] = OrderedDict()
_lock = threading.Lock()


def predict_page(
    key: str,
    description: str,
    model: bytes | None,
    inputs: Sequence[bytes],
    versions: Sequence[str | None],
) -> list[dict[str, Any]] | None:
    """Predict from a page of inputs; this runs on a worker.

    Parameters
    ----------
    key : str
        The digest of the model and its parameters.
    description : str
        `described_model` of it.
    model : bytes or None
        The packed model; None where the worker may have it already.
    inputs : sequence of bytes
        Arrays in npy format.
    versions : sequence of str or None
        The image features that made each input.

    Returns
    -------
    list of dict, or None
        A prediction for each, in order; None where the worker does not have the model.
    """
    predictor = _predictor(key, description, model)
    if predictor is None:
        return None
    rows = with_versions(unpacked_inputs(inputs), versions)
    return [prediction_document(answer) for answer in predictor.predict_many(rows)]


def described_model(model: StorableModel) -> str:
    """Write as JSON of which class a model is, and what its parameters are now."""
    cls = type(model)
    return json.dumps(
        {"class": [cls.__module__, cls.__qualname__], "parameters": model._made_with()},
        sort_keys=True,
    )


def made_model(description: str, packed: PackedModel) -> StorableModel:
    """Make a model as another process described it.

    Raises
    ------
    ModelFormatError
        If its class cannot be imported here.
    """
    from marcelle_nb.models.storable_model import StorableModel

    told = json.loads(description)
    module, name = told["class"]
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ModelFormatError(
            f"model: expected a class that a worker can import, got {name!r:.80} of {module!r:.80}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, StorableModel)):
        raise ModelFormatError(f"model: expected the class of a model, got {name!r:.80}")
    model = found(**told["parameters"])
    model._fitted = model._unpack(packed)
    return model


def _predictor(key: str, description: str, data: bytes | None) -> Any:
    with _lock:  # two tasks that begin at once unpack it once
        if key not in _models:
            if data is None:
                return None
            _models[key] = made_model(description, PackedModel.from_bytes(data))
        _models.move_to_end(key)
        while len(_models) > MODELS:
            _models.popitem(last=False)
        return _models[key]
