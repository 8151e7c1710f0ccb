"""The web page that runs a model: its files, and where they are written."""

from __future__ import annotations

import html
import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.formats.replaced_folder import replaced_folder
from marcelle_nb.models.exported_page import ExportedPage
from marcelle_nb.models.web_features import with_features
from marcelle_nb.models.web_model import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marcelle_nb.models.web_model import WebModel

INDEX = "index.html"

_BESIDE = ("page.js", "page.css", "tfjs.js", "licenses.txt")
_STATIC = "static/page"
_WEIGHTS = f"weights-{24 * '[0-9a-f]'}.bin"
"""What `WebModel.files` calls weights: others of a similar name are the user's."""
_OLD_FEATURES = "features.json"
"""What `FEATURES` were called in pages of earlier versions."""

_MARK = '<meta name="generator" content="marcelle-nb">'


def page_files(title: str) -> dict[str, bytes]:
    """Give the files of a page: HTML, script, style and TensorFlow.js, which needs no other host.

    Parameters
    ----------
    title : str
        What the page is called; text, whatever is in it.

    Raises
    ------
    FileNotFoundError
        If the package was installed without what the page is built from.
    """
    text = _static(INDEX).decode()
    if _MARK not in text:
        raise FileNotFoundError(f"{INDEX}: expected the page that the package builds, got another")
    shown = title.encode("utf-8", "replace").decode()
    page = text.replace("{{title}}", html.escape(shown, quote=True))
    return {INDEX: page.encode(), **{name: _static(name) for name in _BESIDE}}


def write_page(model: WebModel, title: str, folder: str | os.PathLike[str]) -> ExportedPage:
    """Write a page with a model into a folder; see `Model.export_page`."""
    place = _checked_folder(folder)
    files = {**page_files(title), **with_features(model).files()}
    _refuse_others(place, files)
    try:
        with replaced_folder(place, last=INDEX, stale=(_WEIGHTS, FEATURES, _OLD_FEATURES)) as new:
            for name, data in files.items():
                (new / name).write_bytes(data)
    except OSError as error:
        if error.errno is None or error.strerror is None:
            raise
        # of the folder that was asked for: nobody knows the names of those beside it
        raise OSError(error.errno, error.strerror, str(place)) from error
    return ExportedPage(place / name for name in files)


def _checked_folder(folder: str | os.PathLike[str]) -> Path:
    if not os.fspath(folder):
        raise ValueError('folder: expected a path, got an empty text: "." is the current folder')
    place = Path(folder).expanduser()
    if place.is_symlink() and not place.exists():
        raise NotADirectoryError(
            f"folder: expected one, or a new name, got a link that leads nowhere: {str(folder)!r}"
        )
    return place


def _refuse_others(folder: Path, names: Iterable[str]) -> None:
    """Leave alone what somebody else has written; where a page is, its names are the page's."""
    index = folder / INDEX
    is_page = index.is_file()
    if is_page and _MARK not in index.read_text("utf-8", "replace"):
        raise FileExistsError(
            f"folder: expected a new one, or one with an exported page, got {str(folder)!r}"
            f" with another {INDEX}"
        )
    is_taken = Path.is_dir if is_page else os.path.lexists
    taken = [name for name in names if is_taken(folder / name)]
    if taken:
        raise FileExistsError(
            f"folder: expected a new one, or one with an exported page, got {str(folder)!r} with"
            f" something else under names of the page: {', '.join(taken)}"
        )


def _static(name: str) -> bytes:
    file = resources.files("marcelle_nb").joinpath(_STATIC, name)
    if not file.is_file():
        raise FileNotFoundError(
            f"{name}: expected a built page in marcelle_nb/{_STATIC}, got none: install the package"
            " with the JavaScript in it"
        )
    return file.read_bytes()
