"""A Keras network outside the kernel: as TensorFlow.js, or in Keras's own file."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import description, description_json
from marcelle_nb.formats.detect import TFJS
from marcelle_nb.models.keras_optimizers import is_compiled
from marcelle_nb.models.packed_model import MAX_BYTES, PackedModel
from marcelle_nb.models.tfjs_network import TfjsNetwork

if TYPE_CHECKING:
    import keras

    from marcelle_nb.models.keras_network import KerasNetwork

logger = logging.getLogger("marcelle_nb")

KERAS, FILE = "keras", "model.keras"

_SHARED = re.compile(r'"shared_object_id": \d+')
"""An address in memory, other in every kernel."""


def pack_network(network: KerasNetwork, *, with_training: bool = True) -> PackedModel:
    """Pack a network as it is between two steps of a training.

    Parameters
    ----------
    network : KerasNetwork
    with_training : bool
        Whether TensorFlow.js has to be able to train on, too; else Keras's file is taken.

    Raises
    ------
    ModelFormatError
        If neither can say a layer; `UnsafeModel` if nobody could load it.
    """
    with network.turns:
        about = own_metadata(network)
        files = _tfjs_files(network.model, with_training=with_training)
        if files is None:
            return PackedModel(KERAS, about, {FILE: _keras_file(network, about)})
        return PackedModel(TFJS, {"tfjsModelFormat": "layers-model", **about}, files)


def own_metadata(network: KerasNetwork) -> dict[str, Any]:
    """Give what a network says beside its layers: labels, task, how an image becomes an input."""
    return description(network.labels, network.metadata)


def keep_file(network: KerasNetwork, packed: PackedModel) -> None:
    """Note which file a network comes from: Keras would write another one of the same content."""
    if packed.format == KERAS and [*packed.files] == [FILE]:
        told = _content(network.model, own_metadata(network))
        network.file = told, packed.files[FILE]


def _tfjs_files(model: keras.Model, *, with_training: bool) -> dict[str, bytes] | None:
    """Give the files of TensorFlow.js; None where it cannot say all."""
    from marcelle_nb.formats.tfjs.layers_writer import write_layers_model
    from marcelle_nb.formats.tfjs.training_writer import training_config

    try:
        if with_training:
            training_config(model)
        with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
            written = write_layers_model(model, Path(folder) / "model", shard_size=MAX_BYTES)
            files = {path.name: path.read_bytes() for path in written}
        network = TfjsNetwork.from_files(files)
    except ModelFormatError as error:
        logger.info("Stored as Keras's own file: %s", error)
        return None
    if with_training and is_compiled(model) and int(model.optimizer.iterations.numpy()):
        specs = [spec for group in network.document.groups for spec in group.specs]
        if all(spec.group is None for spec in specs):  # it keeps no state of this optimizer
            return None
    return network.files


def _keras_file(network: KerasNetwork, about: dict[str, Any]) -> bytes:
    from marcelle_nb.formats.keras_models.keras_file import save_keras
    from marcelle_nb.formats.keras_models.keras_writer import check_saveable

    check_saveable(network.model, KERAS)
    content = _content(network.model, about)
    if network.file is None or network.file[0] != content:
        with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
            (path,) = save_keras(network.model, Path(folder) / FILE, about)
            network.file = content, path.read_bytes()
    return network.file[1]


def _content(model: keras.Model, about: dict[str, Any]) -> str:
    """Give a digest of all that a file of Keras holds: the file has dates and addresses in it."""
    import keras

    config = json.dumps(keras.saving.serialize_keras_object(model), default=str, sort_keys=True)
    digest = hashlib.sha256(_SHARED.sub("", config).encode() + description_json(about))
    optimizer = model.optimizer.variables if is_compiled(model) else []
    for variable in (*model.variables, *optimizer):
        array = np.asarray(variable.numpy())
        told = array.tobytes() if array.dtype != object else repr(array.tolist()).encode()
        digest.update(f"{array.dtype} {array.shape} ".encode() + told)
    return digest.hexdigest()
