"""What a model says that cannot be saved: one named error, whatever it is asked for."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from marcelle_nb.errors import UnsupportedByModel


class StorageMethods:
    """The names that all models share; a `StorableModel` does what they say."""

    title: ClassVar[str]

    def save(self, *_: Any, **__: Any) -> Any:
        """Raise `UnsupportedByModel`: this kind of model cannot be saved."""
        self._refuse("save")

    def load(self, *_: Any, **__: Any) -> Any:
        """Raise `UnsupportedByModel`: no store holds this kind of model."""
        self._refuse("load")

    def download(self, *_: Any, **__: Any) -> Any:
        """Raise `UnsupportedByModel`: no files can be made of this kind of model."""
        self._refuse("download")

    def upload(self, *_: Any, **__: Any) -> Any:
        """Raise `UnsupportedByModel`: this kind of model is not read from files so."""
        self._refuse("upload")

    def sync(self, *_: Any, **__: Any) -> Any:
        """Raise `UnsupportedByModel`: no store holds this kind of model."""
        self._refuse("sync")

    def _refuse(self, what: str) -> NoReturn:
        raise UnsupportedByModel(
            f"{self.title}: expected a kind of model that can be stored, got {what}"
        )
