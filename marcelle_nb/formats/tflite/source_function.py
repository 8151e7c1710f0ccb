"""Any source of a conversion as TensorFlow functions that converters take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.graphs.argument_names import identifiers
from marcelle_nb.formats.native_messages import native_messages_kept

if TYPE_CHECKING:
    from marcelle_nb.formats.graphs.flat_function import FlatFunction


class SourceFunction:
    """What is converted, with names that every format takes.

    Parameters
    ----------
    function : FlatFunction

    Attributes
    ----------
    specs : list of tf.TensorSpec
        With the names of the inputs.
    output_names : list of str
    """

    def __init__(self, function: FlatFunction) -> None:
        import tensorflow as tf

        self._call = function.call
        self.specs = [
            tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
            for tensor, name in zip(
                function.arguments, identifiers(function.inputs, "input"), strict=True
            )
        ]
        self.output_names = identifiers(function.outputs, "output")

    @classmethod
    def of(cls, source: Any) -> SourceFunction:
        """Take what a conversion starts from.

        Parameters
        ----------
        source : keras.Model, LoadedModel, tf.function, concrete function
            Or an object with a `keras_model`.

        Raises
        ------
        ModelFormatError, TypeError, ValueError
            As `flat_function`.
        """
        from marcelle_nb.formats.graphs.flat_function import flat_function

        return cls(flat_function(source))

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

        return tf.function(listed, input_signature=specs, autograph=False)

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

        concrete = self.flat(one_row=one_row).get_concrete_function()
        with native_messages_kept(others=False):  # it tells how many devices it has found
            return convert_variables_to_constants_v2(concrete, lower_control_flow=False)


def _one_row(spec: Any) -> Any:
    import tensorflow as tf

    if not spec.shape.rank or spec.shape[0] is not None:
        return spec
    return tf.TensorSpec([1, *spec.shape[1:]], spec.dtype, name=spec.name)
