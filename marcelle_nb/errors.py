"""The exceptions that a caller may want to catch; all others are a ValueError or a TypeError."""


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
