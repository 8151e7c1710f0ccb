"""A model that was read from a file that there never was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np


class FakeLoadedModel(LoadedModel):
    """Answers with what a function makes of its inputs; remembers them."""

    def __init__(
        self,
        function: Callable[..., Any],
        *shapes: tuple[int | None, ...] | None,
        output: tuple[int | None, ...] | None = None,
        dtype: str = "float32",
        **options: Any,
    ) -> None:
        super().__init__(
            "tfjs-graph",
            inputs=[TensorSpec(f"x{i}", shape, dtype) for i, shape in enumerate(shapes)],
            outputs=[TensorSpec("y", output, "float32")],
            ops={"MatMul": 3, "Relu": 1},
            size=1_234_567,
            **options,
        )
        self.function = function
        self.calls: list[list[np.ndarray]] = []

    def _run(self, arrays: Any, outputs: Sequence[str] | None) -> Any:
        self.calls.append(arrays)
        result = self.function(*arrays)
        return result if isinstance(result, list) else [result]
