"""Any source of a conversion as one TensorFlow function of flat arguments."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.loaded_model import LoadedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class SourceFunction:
    """What is converted: a function, what it takes, and the names of both sides.

    Parameters
    ----------
    call : callable
        Takes a tensor for each input and returns a nest of tensors.
    specs : sequence of tf.TensorSpec
    input_names, output_names : sequence of str

    Attributes
    ----------
    specs : list of tf.TensorSpec
        With the names of the inputs.
    output_names : list of str
        Empty where the source has none.
    """

    def __init__(
        self,
        call: Callable[..., Any],
        specs: Sequence[Any],
        input_names: Iterable[str],
        output_names: Iterable[str],
    ) -> None:
        import tensorflow as tf

        self._call = call
        names = _identifiers(input_names, "input")
        self.specs = [
            tf.TensorSpec(spec.shape, spec.dtype, name=name)
            for spec, name in zip(specs, names, strict=True)
        ]
        self.output_names = _identifiers(output_names, "output")

    @classmethod
    def of(cls, source: Any) -> SourceFunction:
        """Take what a conversion starts from.

        Parameters
        ----------
        source : keras.Model, LoadedModel, tf.function, concrete function
            Or an object with a `keras_model`.

        Raises
        ------
        ModelFormatError
            If the source holds no graph, or shapes of its inputs are not known.
        TypeError
            If it is none of these.
        """
        import keras

        if isinstance(source, LoadedModel):
            inputs, outputs = source.inputs, source.outputs
            function = source.tf_function()
            specs = _function_inputs(function)[0]
            return cls(function, specs, [i.name for i in inputs], [o.name for o in outputs])
        if isinstance(getattr(source, "keras_model", None), keras.Model):
            source = source.keras_model
        if isinstance(source, keras.Model):
            return cls._of_keras(source)
        if hasattr(source, "get_concrete_function") or hasattr(source, "structured_outputs"):
            return cls._of_function(source)
        raise TypeError(
            "source: expected a Keras model, a loaded model or a tf.function, "
            f"got {type(source).__name__}"
        )

    @classmethod
    def _of_keras(cls, model: Any) -> SourceFunction:
        import tensorflow as tf

        inputs = getattr(model, "inputs", None)
        if not model.built or not inputs:
            raise ModelFormatError(
                f"{model.name}: expected a model whose inputs are known, got one that was never "
                "called, or a subclass: pass a tf.function with an input_signature that calls it"
            )
        functional = getattr(model, "_functional", None) or model  # what a Sequential is inside
        structure = getattr(functional, "_inputs_struct", inputs)
        specs = [tf.TensorSpec(i.shape, i.dtype) for i in inputs]

        def call(*tensors: Any) -> Any:
            return model(tf.nest.pack_sequence_as(structure, tensors), training=False)

        names = getattr(functional, "input_names", None) or [i.name for i in inputs]
        return cls(call, specs, names, getattr(functional, "output_names", None) or [])

    @classmethod
    def _of_function(cls, function: Any) -> SourceFunction:
        import tensorflow as tf

        specs, structure = _function_inputs(function)
        leaves = tf.nest.flatten(structure)

        def call(*tensors: Any) -> Any:
            given = iter(tensors)  # what is no tensor, as a name, stays what it was
            values = [next(given) if isinstance(leaf, tf.TensorSpec) else leaf for leaf in leaves]
            args, kwargs = tf.nest.pack_sequence_as(structure, values)
            return function(*args, **kwargs)

        outputs = _concrete(function).structured_outputs
        names = sorted(outputs) if isinstance(outputs, dict) else []
        return cls(call, specs, [s.name or "" for s in specs], names)

    def flat(self, *, one_row: bool = False) -> Any:
        """Give a `tf.function` that takes the inputs in order and returns a list.

        Parameters
        ----------
        one_row : bool
            Fix a free first size of every input to 1.
        """
        import tensorflow as tf

        specs = [_one_row(spec) if one_row else spec for spec in self.specs]

        def listed(*tensors: Any) -> list[Any]:
            return list(tf.nest.flatten(self._call(*tensors)))

        flat = tf.function(listed, input_signature=specs, autograph=False)
        count = len(flat.get_concrete_function().outputs)
        if len(self.output_names) != count:
            self.output_names = _identifiers([f"output_{n}" for n in range(count)], "output")
        return flat

    def frozen(self, *, one_row: bool = False) -> Any:
        """Give a concrete function whose weights are constants.

        Parameters
        ----------
        one_row : bool
            Fix a free first size of every input to 1.

        Returns
        -------
        tensorflow ConcreteFunction
            Takes the inputs in order, returns a list.
        """
        from tensorflow.python.framework.convert_to_constants import (
            convert_variables_to_constants_v2,
        )

        return convert_variables_to_constants_v2(
            self.flat(one_row=one_row).get_concrete_function(), lower_control_flow=False
        )


def _one_row(spec: Any) -> Any:
    import tensorflow as tf

    if not spec.shape.rank or spec.shape[0] is not None:
        return spec
    return tf.TensorSpec([1, *spec.shape[1:]], spec.dtype, name=spec.name)


def _concrete(function: Any) -> Any:
    if hasattr(function, "structured_outputs"):
        return function
    try:
        return function.get_concrete_function()
    except (TypeError, ValueError) as error:
        raise ModelFormatError(
            "function: expected a tf.function with an input_signature, got one without: "
            + str(error).split("\n", 1)[0]
        ) from error


def _function_inputs(function: Any) -> tuple[list[Any], Any]:
    """Give the flat specifications of a function's inputs, and their structure."""
    import tensorflow as tf

    structure = _concrete(function).structured_input_signature
    leaves = tf.nest.flatten(structure)
    specs = [leaf for leaf in leaves if isinstance(leaf, tf.TensorSpec)]
    if any(isinstance(leaf, tf.TypeSpec) for leaf in leaves if leaf not in specs):
        raise ModelFormatError("function: expected tensors as arguments, got other types")
    return specs, structure


def _identifiers(names: Iterable[str], default: str) -> list[str]:
    """Make names that every format takes, no two the same."""
    result: list[str] = []
    for number, name in enumerate(names):
        plain = re.sub(r"\W", "_", name.removesuffix(":0"), flags=re.ASCII) or f"{default}_{number}"
        if not plain[0].isalpha() or keyword.iskeyword(plain):
            plain = f"{default}_{plain}"
        while plain in result:
            plain += "_"
        result.append(plain)
    return result
