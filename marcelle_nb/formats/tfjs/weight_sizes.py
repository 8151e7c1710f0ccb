"""Whether the files of TensorFlow.js weights have the sizes that their manifest declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.formats.tfjs.model_json import ModelJson


def check_weight_sizes(files: ModelFiles, model: ModelJson) -> None:
    """Compare the files of each group with its tensors; nothing is read.

    Raises
    ------
    ModelFormatError
        If a file is missing, or those of a group are shorter or longer than what it declares.

    Notes
    -----
    Thread: any. For models without texts, whose sizes stand in the files themselves.
    """
    for group in model.groups:
        declared = sum(spec.nbytes for spec in group.specs)
        stored = sum(files.size(files.beside(model.name, path)) for path in group.paths)
        if stored != declared:
            raise ModelFormatError(
                f"{', '.join(group.paths):.100}: expected {declared:,} bytes of weights, got "
                f"{stored:,}"
            )
