"""What the models have in common that come with all that they know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from marcelle_nb.errors import UnsupportedByModel
from marcelle_nb.models.loadable_model import LoadableModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.message import Message
    from marcelle_nb.run import Run


class PredictOnlyModel(LoadableModel):
    """A model that is loaded and cannot be trained.

    Attributes
    ----------
    why_not_trained : str
        The reason, and what learns instead.
    """

    why_not_trained: ClassVar[str]

    def train(self, *_: Any, **__: Any) -> Run:
        """Raise: it only predicts.

        Raises
        ------
        UnsupportedByModel
            Always.
        """
        self._refuse_training()

    def _fit(self, *_: Any) -> NoReturn:
        self._refuse_training()

    def _refuse_training(self) -> NoReturn:
        raise UnsupportedByModel(
            f"{self.title}: expected predict, got train: {self.why_not_trained}"
        )

    def _urgent(self) -> dict[str, Callable[[Message], dict[str, Any]]]:
        return {}
