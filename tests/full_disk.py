"""Run on a small disk by `test_sqlite_storage`: fills it with a store, and looks what is left."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.errors import GeneralError


def fill(folder: Path) -> None:
    with DataStore(folder / "store.db") as store:
        service, made = store.service("rows"), []
        try:
            for i in range(100_000):
                new = service.create({"n": i, "x": np.full(1_000, i, np.float32)})
                made.append(new["id"])
        except GeneralError as error:
            print(error)
        else:
            raise AssertionError("the disk has no end")
        refused = service.count()
        assert refused == len(made)
        store.check()
        try:
            service.patch(None, {"x": np.zeros(2_000)})
        except GeneralError as error:
            print(error)
        for n, document in enumerate(service.items()):
            assert (document["id"], document["n"]) == (made[n], n)
            assert (document["x"] == n).all()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    (folder / "ballast").unlink()
    with DataStore(folder / "store.db") as store:
        assert store.service("rows").count() == len(made)
        store.service("rows").create({"n": "after"})
        store.check()
    print("nothing lost")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    (place / "ballast").write_bytes(bytes(1_000_000))
    if "limit" in sys.argv:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))
    fill(place)
