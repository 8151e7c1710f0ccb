"""Which tests run in the same process, where there are several."""

from xdist.scheduler import LoadScopeScheduling

FOLDERS = ("tests/browser/", "tests/kernels/")
"""Of each, all tests share a server and a browser, or kernels, which take long to start."""


class SharedScheduling(LoadScopeScheduling):
    """Give out the tests of some folders together, those of others module by module."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return next((folder for folder in FOLDERS if module.startswith(folder)), module)
