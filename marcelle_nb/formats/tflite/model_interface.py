"""How a TensorFlow Lite model is called: its inputs and outputs by name, type and quantisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.tensor_spec import TensorSpec
from marcelle_nb.formats.tflite.quantization import Quantization

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.formats.tflite.model_structure import ModelStructure, Signature, Tensor


class ModelInterface:
    """The inputs and outputs of one signature, or of a file that has none.

    Parameters
    ----------
    structure : ModelStructure
    signature : Signature, optional

    Attributes
    ----------
    number : int
        The subgraph.
    tensors : tuple of Tensor
        Of this subgraph.
    input_names : dict of int to str
        Names by tensor number, in order.
    output_numbers : dict of str to int
        Tensor numbers by name, in order. What is computed once may have several names.
    quantization : dict of int to Quantization or None
        Of every tensor by number.
    """

    def __init__(self, structure: ModelStructure, signature: Signature | None) -> None:
        self.number = signature.subgraph if signature else 0
        subgraph = structure.subgraphs[self.number]
        self.tensors = subgraph.tensors
        self.input_names = _names(
            subgraph.inputs, signature.inputs if signature else {}, subgraph.tensors
        )
        self.output_numbers = _numbers(
            subgraph.outputs, signature.outputs if signature else {}, subgraph.tensors
        )
        self.quantization = {n: Quantization.of(t) for n, t in enumerate(subgraph.tensors)}

    def inputs(self) -> list[TensorSpec]:
        """Describe the inputs, with the types in which they are stored."""
        return [
            TensorSpec(name, self.tensors[n].sizes, self.tensors[n].dtype)
            for n, name in self.input_names.items()
        ]

    def outputs(self) -> list[TensorSpec]:
        """Describe the outputs, which come as real numbers."""
        return [
            TensorSpec(
                name,
                self.tensors[n].sizes,
                "float32" if self.quantization[n] else self.tensors[n].dtype,
            )
            for name, n in self.output_numbers.items()
        ]

    def metadata(self) -> dict[str, Any]:
        """Tell scale and zero point of inputs and outputs."""
        inputs = {name: n for n, name in self.input_names.items()}
        found = {
            name: {
                "dtype": quantization.dtype,
                "scale": quantization.scale.ravel().tolist(),
                "zero_point": quantization.zero_point.ravel().astype(int).tolist(),
            }
            for name, n in (*inputs.items(), *self.output_numbers.items())
            if (quantization := self.quantization[n])
        }
        return {"quantization": found} if found else {}

    def number_of(self, name: str) -> int:
        """Find a tensor by its name as an output, or by its name in the file.

        Raises
        ------
        ValueError
            If there is none.
        """
        if name in self.output_numbers:
            return self.output_numbers[name]
        for number, tensor in enumerate(self.tensors):
            if tensor.name == name:
                return number
        raise ValueError(f"outputs: expected names of tensors, got {name!r:.80}")


def _names(
    numbers: Sequence[int], named: Mapping[int, str], tensors: Sequence[Tensor]
) -> dict[int, str]:
    """Name tensors by a signature, else as the file does; no two have the same name."""
    names: dict[int, str] = {}
    for number in numbers:
        name = named.get(number) or tensors[number].name or f"tensor_{number}"
        names[number] = f"{name}_{number}" if name in names.values() else name
    return names


def _numbers(
    numbers: Sequence[int], named: Mapping[int, Sequence[str]], tensors: Sequence[Tensor]
) -> dict[str, int]:
    """Give the tensors by all their names; the same way as `_names` where there are none."""
    left = {number: [*named.get(number, ())][::-1] for number in numbers}
    found: dict[str, int] = {}
    known: set[int] = set()
    for number in (*numbers, *(n for n, names in left.items() for _ in names[1:])):
        if number in known and not left[number]:
            continue
        name = (left[number].pop() if left[number] else "") or tensors[number].name
        name = name or f"tensor_{number}"
        found[f"{name}_{number}" if name in found else name] = number
        known.add(number)
    return found
