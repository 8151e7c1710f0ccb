"""What to do where the weights of a pretrained model cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marcelle_nb.formats.pretrained_files import PretrainedFiles


def with_advice(problem: str, wanted: PretrainedFiles) -> str:
    """Give the reason first, then what to do without a network, commands on lines of their own.

    Parameters
    ----------
    problem : str
        Why they were not fetched.
    wanted : PretrainedFiles
        With the cache that the user named. For somebody's own address the ways are others.
    """
    state = "changed since" if wanted.recorded else "not"
    collect = f"    marcelle-nb fetch {wanted.command or wanted.name} --to classroom.zip"
    ways = (
        "Without a network, url= may be the path of a copy, or MARCELLE_NB_CACHE name a cache "
        "folder that has them from this address. Without url=, the published ones are used, which "
        f"this collects where there is a network:\n{collect}"
        if wanted.is_own_address
        else f"On a machine with a network:\n{collect}\nThen here:\n"
        "    marcelle-nb fetch --from classroom.zip\n"
        "Or let the environment variable MARCELLE_NB_CACHE name a cache folder that has them."
    )
    return (
        f"{problem.rstrip('.')}.\n"
        f"The weights of {wanted.name} are {state} in the cache {str(wanted.cache.folder)!r}.\n"
        f"{ways}\nimage_features() needs no weights."
    )
