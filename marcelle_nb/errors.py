"""The exceptions that a caller may want to catch; all others are a ValueError or a TypeError."""

from __future__ import annotations

import re
from typing import Any


class AlreadyTraining(RuntimeError):
    """A training was asked for while another one of the same model is running."""


class TrainingError(RuntimeError):
    """A training could not begin, or failed on the way."""


class RunCancelled(Exception):
    """A run notices that it was cancelled; raised and caught within the run."""


class ImageRejected(ValueError):
    """Bytes or an object are not an image that is safe and possible to decode."""


class InstanceRejected(ValueError):
    """A value is not an instance that a dataset can hold, or cannot be made part of an array."""


class InstanceNotFound(LookupError):
    """No instance has the identifier that was asked for."""


class DatasetFormatError(ValueError):
    """A file is not a dataset that can be read, or a dataset cannot be written as one."""


class MessageRejected(ValueError):
    """A message from a page is not of the form that its receiver takes."""


class ModelFormatError(ValueError):
    """A file is not a model that can be read, or a model cannot be said in the format asked for."""


class UnsafeModel(ModelFormatError):
    """A model file holds what could run code or touch files; only `trust=True` opens it."""


class DownloadRefused(ValueError):
    """An address is not one that models are fetched from, or what came is not what was expected."""


class HostUnreachable(DownloadRefused):
    """Nobody answers at an address: the network, or the machine there, is off."""


class NoFileThere(DownloadRefused):
    """Somebody answers at an address, but not with a file: with an error, or with a web page."""


class UnsupportedByModel(RuntimeError):
    """A model was asked for what it cannot do, as to train where it only predicts."""


class StoreError(Exception):
    """A store cannot do what it was asked; the fields are those of Feathers' errors.

    Parameters
    ----------
    message : str
        What happened, and what to do.
    data : dict, optional
        What a program may want to know of it, as the id that is there already.
    errors : dict, optional
        What is wrong with each of several fields.

    Attributes
    ----------
    code : int
        As the status of an answer on the web.
    """

    code = 500

    def __init__(
        self,
        message: str = "",
        data: dict[str, Any] | None = None,
        errors: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.data = {} if data is None else data
        self.errors = {} if errors is None else errors

    @property
    def name(self) -> str:
        """The name of the class, as "NotFound"."""
        return type(self).__name__

    @property
    def class_name(self) -> str:
        """The same as "not-found"."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.name).lower()

    @property
    def message(self) -> str:
        """What happened, and what to do."""
        return str(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JavaScript's clients know them."""
        return {
            "name": self.name,
            "message": self.message,
            "code": self.code,
            "className": self.class_name,
            "data": self.data,
            "errors": self.errors,
        }


class BadRequest(StoreError):
    """A query, a document or a place is not one that a store takes."""

    code = 400


class NotAuthenticated(StoreError):
    """A store does not take this user or password."""

    code = 401


class Forbidden(StoreError):
    """A store may not be read or written."""

    code = 403


class NotFound(StoreError):
    """No document has the id that was asked for, or no store is at the place."""

    code = 404


class MethodNotAllowed(StoreError):
    """A store of this kind does not offer this."""

    code = 405


class Conflict(StoreError):
    """What is to be made is there already."""

    code = 409


class Unprocessable(StoreError):
    """What is at the place is no store, or that of a newer version."""

    code = 422


class GeneralError(StoreError):
    """A store failed in another way: a full disk, a damaged file."""


class Unavailable(StoreError):
    """A store does not answer, or is locked, at this moment."""

    code = 503
