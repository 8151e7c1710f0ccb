"""Where the weights of MobileNet come from, and what fits."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.layer_arrays import check_layer_arrays
from marcelle_nb.formats.pretrained_files import PretrainedFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.weight_sizes import check_weight_sizes
from marcelle_nb.models.mobilenet_layers import (
    N_CLASSES,
    check_kind,
    check_source,
    layers_of,
    n_weights,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.model_files import ModelFiles

_KERAS = {
    1: (
        "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/"
        "mobilenet_{}_224_tf.h5"
    ),
    2: (
        "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{}_224.h5"
    ),
}
"""With the thousand classes: one file serves for features and for classes."""

_WIDTHS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}

_HUB = (
    "https://tfhub.dev/google/imagenet/mobilenet_v{version}_{percent:03d}_224/classification/"
    "{version}/model.json?tfjs-format=file"
)
"""Where `@tensorflow-models/mobilenet` 2.1.1 finds its models."""

EMBEDDING_NODES = {
    1: "module_apply_default/MobilenetV1/Logits/global_pool",
    2: "module_apply_default/MobilenetV2/Logits/AvgPool",
}
"""The nodes that the package asks for when it gives an embedding."""

_MORE_BYTES = 3 * 2**20
"""What a file may have beside its numbers: names, a topology."""

_COPY_MAX_BYTES = 2**27
"""What a copy may have that a user names."""


def mobilenet_files(
    version: int = 1,
    alpha: float = 1.0,
    source: str = "keras",
    *,
    url: str | os.PathLike[str] | None = None,
    sha256: str | Mapping[str, str] | None = None,
) -> PretrainedFiles:
    """Tell where the weights of a MobileNet come from.

    Parameters
    ----------
    version, alpha, source, url, sha256
        See `MobileNet`.

    Raises
    ------
    ValueError, TypeError
        If there is no such MobileNet.
    """
    version, alpha = check_kind(version, alpha)
    is_keras = check_source(source) == "keras"
    most = 4 * n_weights(layers_of(version, alpha)) + _MORE_BYTES
    name = f"mobilenet-v{version}-{alpha}" + ("" if is_keras else "-tfjs")
    check = _check_keras if is_keras else _check_tfjs
    return PretrainedFiles(
        name,
        _address(version, alpha, is_keras=is_keras) if url is None else os.fspath(url),
        most if url is None else _COPY_MAX_BYTES,
        partial(check, version, alpha),
        sha256,
        is_own_address=url is not None,
        command="mobilenet" if name == "mobilenet-v1-1.0" else name,
        copy_max_bytes=_COPY_MAX_BYTES,
    )


def _address(version: int, alpha: float, *, is_keras: bool) -> str:
    if not is_keras:
        return _HUB.format(version=version, percent=round(100 * alpha))
    return _KERAS[version].format(_WIDTHS[alpha] if version == 1 else alpha)


def _check_keras(version: int, alpha: float, files: ModelFiles) -> None:
    check_layer_arrays(files, _main(files), layers_of(version, alpha))


def _check_tfjs(version: int, alpha: float, files: ModelFiles) -> None:
    """Compare a graph's weights with the network's.

    How a converter called and merged the others is its own affair; kernels keep their shapes.
    """
    name = _main(files)
    model = ModelJson.read(files, name)
    if model.kind != "graph":
        raise ModelFormatError(f"{name}: expected a graph model, got a layers model")
    nodes = model.topology.get("node")
    listed = nodes if isinstance(nodes, list) else []
    names = [it.get("name") for it in listed if isinstance(it, dict)]  # of whatever kind
    if EMBEDDING_NODES[version] not in names:
        raise ModelFormatError(f"{name}: expected the node {EMBEDDING_NODES[version]!r}, got none")
    specs = [spec for group in model.groups for spec in group.specs]
    types = {spec.dtype for spec in specs} - {"float32", "int32"}
    if types:
        raise ModelFormatError(f"{name}: expected float32 and int32, got {', '.join(types)}")
    got: Counter[tuple[int, ...]] = Counter(spec.shape for spec in specs if len(spec.shape) == 4)
    missing = Counter(_kernels(version, alpha)) - got
    if missing:
        raise ModelFormatError(
            f"{name}: expected a kernel of shape {next(iter(missing))}, got none or too few"
        )
    check_weight_sizes(files, model)


def _kernels(version: int, alpha: float) -> list[tuple[int, ...]]:
    """Give the shapes of all kernels, with a class more for what is none of the thousand."""
    layers = layers_of(version, alpha).values()
    found = [shapes["kernel"] for shapes in layers if "kernel" in shapes]
    return [*found[:-1], (1, 1, found[-1][-2], N_CLASSES + 1)]


def _main(files: ModelFiles) -> str:
    if files.main is None:
        raise ModelFormatError(f"{files.origin}: expected one main file, got none")
    return files.main
