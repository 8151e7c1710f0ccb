"""Models as TensorFlow's SavedModel folders."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.replaced_folder import replaced_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.formats.graphs.flat_function import FlatFunction


def write_saved_model(
    source: Any, folder: Path | str, *, inputs: Sequence[Any] | None = None
) -> list[Path]:
    """Write a model as a SavedModel with the signature `serving_default`, for inference only.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function, ConcreteFunction or callable
    folder : path
        It is made; what a SavedModel left there is replaced.
    inputs : sequence of tf.TensorSpec, optional
        What a function takes that has no `input_signature`.

    Returns
    -------
    list of Path
        `saved_model.pb` first.

    Raises
    ------
    ModelFormatError
        If TensorFlow cannot run or save the model.

    Notes
    -----
    Names of inputs and outputs are those of the model, with `_` for what the format does not allow.

    Thread: any; no other thread may train the model meanwhile.
    """
    import tensorflow as tf

    from marcelle_nb.formats.graphs.flat_function import flat_function

    folder = Path(folder)
    function = flat_function(source, inputs)
    stale = ("variables/*", "assets/*", "fingerprint.pb", "saved_model.*")
    try:
        module, serving = _module(function)
        with replaced_folder(folder, last="saved_model.pb", stale=stale) as new:
            tf.saved_model.save(module, str(new), signatures={"serving_default": serving})
            names = [path.relative_to(new) for path in sorted(new.rglob("*")) if path.is_file()]
    except (tf.errors.OpError, AssertionError) as error:
        raise ModelFormatError(
            f"model: expected one that TensorFlow can save, got {str(error)[:500]}"
        ) from error
    names.sort(key=lambda path: path.name != "saved_model.pb")
    return [folder / name for name in names]


def _module(function: FlatFunction) -> tuple[Any, Any]:
    """Give an object that holds all variables and tables, and the function to be saved."""
    import tensorflow as tf

    from marcelle_nb.formats.graphs.freeze import freeze

    frozen = freeze(function, lower=False)
    module = tf.Module()
    module.tables = [
        tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                table.keys, table.values, *map(tf.as_dtype, table.types)
            ),
            default_value=tf.zeros([], tf.as_dtype(table.types[1]))
            if table.types[1] != tf.string.as_datatype_enum
            else "",
        )
        for table in frozen.tables
    ]
    handles = {
        f"{table.node}:0": made.resource_handle
        for table, made in zip(frozen.tables, module.tables, strict=True)
    }
    names = identifiers(function.inputs)
    keys = identifiers(function.outputs)
    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for tensor, name in zip(function.arguments, names, strict=True)
    ]

    def serve(*tensors: Any) -> dict[str, Any]:
        capture = tf.compat.v1.get_default_graph().capture
        given = dict(zip(frozen.inputs, tensors, strict=True))
        given |= {name: capture(handle) for name, handle in handles.items()}
        results = tf.graph_util.import_graph_def(
            frozen.graph_def, input_map=given, return_elements=list(frozen.outputs), name=""
        )
        for result, tensor in zip(results, function.tensors, strict=True):
            result.set_shape(tensor.shape)
        return dict(zip(keys, results, strict=True))

    serving = tf.function(serve, input_signature=specs, autograph=False)
    module.serve = serving
    return module, serving


def identifiers(names: Sequence[str]) -> list[str]:
    """Give names that an argument of a function may have, no two alike."""
    from marcelle_nb.formats.graphs.flat_function import unique

    made = [re.sub(r"\W", "_", name, flags=re.ASCII) for name in names]
    return [*unique([name if re.match(r"[A-Za-z]", name) else f"x_{name}" for name in made])]
