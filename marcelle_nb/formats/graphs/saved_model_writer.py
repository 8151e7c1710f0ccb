"""Models as TensorFlow's SavedModel folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import FILE, description_json
from marcelle_nb.formats.graphs.argument_names import identifiers
from marcelle_nb.formats.graphs.large_weights import take_constants
from marcelle_nb.formats.replaced_folder import replaced_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.formats.graphs.flat_function import FlatFunction


ABOUT = f"assets.extra/{FILE}"
"""Where in the folder a description lies."""

_STALE = (
    "variables/variables.index",
    "variables/variables.data-*-of-*",
    "saved_model.pbtxt",
    "saved_model.cpb",
    "fingerprint.pb",
    "keras_metadata.pb",
    ABOUT,
)
"""What an earlier model may leave that would be taken for this one's; nobody else's files."""


def write_saved_model(
    source: Any,
    folder: Path | str,
    *,
    inputs: Sequence[Any] | None = None,
    about: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a model as a SavedModel with the signature `serving_default`, for inference only.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function, ConcreteFunction or callable
    folder : path
        It is made; what a SavedModel left there is replaced, but for its assets.
    inputs : sequence of tf.TensorSpec, optional
        What a function takes that has no `input_signature`.
    about : mapping, optional
        What `marcelle_nb.formats.description.description` gave; in `assets.extra`, the place for
        what TensorFlow does not read.

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
    try:
        module, serving = _module(function)
        with replaced_folder(folder, last="saved_model.pb", stale=_STALE) as new:
            tf.saved_model.save(
                module,
                str(new),
                signatures={"serving_default": serving},
                # nobody trains it, and TensorFlow cannot save those of every function
                options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
            )
            if about:
                (new / ABOUT).parent.mkdir(exist_ok=True)
                (new / ABOUT).write_bytes(description_json(about))
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
    # what stands in the graph is read at once, and can be no more than 2 GB
    weights = take_constants(frozen.graph_def)
    module.weights = [
        tf.Variable(weights[name], trainable=False, name=f"weight_{i}")
        for i, name in enumerate(weights)
    ]
    names = identifiers(function.inputs, "x")
    keys = identifiers(function.outputs, "x")
    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for tensor, name in zip(function.arguments, names, strict=True)
    ]

    def serve(*tensors: Any) -> dict[str, Any]:
        capture = tf.compat.v1.get_default_graph().capture
        given = dict(zip(frozen.inputs, tensors, strict=True))
        given |= {name: capture(handle) for name, handle in handles.items()}
        given |= {
            f"{name}:0": variable.read_value()
            for name, variable in zip(weights, module.weights, strict=True)
        }
        results = tf.graph_util.import_graph_def(
            frozen.graph_def, input_map=given, return_elements=list(frozen.outputs), name=""
        )
        for result, tensor in zip(results, function.tensors, strict=True):
            result.set_shape(tensor.shape)
        return dict(zip(keys, results, strict=True))

    serving = tf.function(serve, input_signature=specs, autograph=False)
    module.serve = serving
    return module, serving
