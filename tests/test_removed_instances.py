import copy
import gc
import itertools
import pickle

import numpy as np
import pytest

from marcelle_nb.data import blobs
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import InstanceNotFound, InstanceRejected
from tests.stores import KINDS, open_store

numbers = itertools.count()
N = 230
READS = {"all": list, "one": lambda it: it[-1], "some": lambda it: it[3:5]}


@pytest.fixture(params=KINDS)
def data(request):
    data = Dataset(f"removed {next(numbers)}", open_store(request.param, request))
    data.create([{"x": np.full((2, 2, 3), i, np.uint8), "y": "ab"[i % 2]} for i in range(N)])
    return data


def rows(data):
    return [(it["id"], it["y"], int(it["x"][0, 0, 0])) for it in data.items()]


@pytest.fixture
def unpacked(monkeypatch):
    """Count the arrays that are read."""
    kinds: list[str] = []
    real = blobs.unpacked

    def unpacked(kind, data):
        kinds.append(kind)
        return real(kind, data)

    monkeypatch.setattr("marcelle_nb.data.record_rows.unpacked", unpacked)
    return kinds


@pytest.mark.parametrize("way", ["clear", "remove all", "remove ids"])
def test_many_go_and_return_without_an_array_read(data, unpacked, way):
    before = rows(data)
    unpacked.clear()
    ids = [row[0] for row in before]
    acts = {
        "clear": data.clear,
        "remove all": lambda: data.remove(None),
        "remove ids": lambda: data.remove(ids[::-1]),
    }
    removed = acts[way]()
    assert (len(removed), data.count.value) == (N, 0)
    data.restore(removed)
    assert unpacked == []
    assert rows(data) == before


def test_they_are_read_where_somebody_looks(data, unpacked):
    before = rows(data)
    unpacked.clear()
    removed = data.remove([row[0] for row in before[::-1]])
    assert removed[1]["id"] == before[-2][0]
    assert [it["y"] for it in removed[2:5]] == [row[1] for row in before[-3:-6:-1]]
    assert len(unpacked) == 4
    assert [(it["id"], it["y"], int(it["x"][0, 0, 0])) for it in removed] == before[::-1]
    with pytest.raises(IndexError):
        removed[N]


def test_few_are_read_at_once(data):
    removed = data.remove([row[0] for row in rows(data)[:100]])
    assert isinstance(removed, list)
    data.restore(removed)
    assert data.count.value == N


@pytest.mark.parametrize("read", READS)
def test_what_returned_can_still_be_read(data, read):
    removed = data.clear()
    before = READS[read](removed)
    data.undo()
    assert repr(READS[read](removed)) == repr(before)


def test_what_is_there_is_not_restored_twice(data):
    removed = data.clear()
    data.restore(removed)
    with pytest.raises(InstanceRejected, match="expected that of a removed instance"):
        data.restore(removed)
    assert data.count.value == N


def test_some_of_many_return(data):
    before = rows(data)
    removed = data.clear()
    data.restore(removed[1:3])
    assert rows(data) == before[1:3]
    with pytest.raises(InstanceRejected):  # of which two are there: then none
        data.restore(removed)
    assert rows(data) == before[1:3]
    data.undo()
    assert rows(data) == before


def test_what_is_nowhere_any_more_is_said(data):
    removed = data.clear()
    data.restore(list(removed))
    data.clear()
    with pytest.raises(InstanceNotFound, match=removed.taken.ids[0]):
        data.restore(removed)
    assert data.count.value == 0


def test_another_object_of_the_dataset_restores(data, unpacked):
    before = rows(data)
    unpacked.clear()
    Dataset(data.name, data.store).restore(data.clear())
    assert unpacked == []
    assert rows(data) == before


def test_a_dataset_that_shares_the_service_gets_copies_of_its_own_name(data):
    before = rows(data)
    other = Dataset(data.name.replace(" ", "_"), data.store)
    other.restore(data.clear())
    assert (rows(data), rows(other)) == ([], before)


def test_what_is_there_is_called_so(data):
    removed = data.remove([row[0] for row in rows(data)])
    data.restore(removed)
    with pytest.raises(InstanceRejected, match="which is there"):
        data.restore(removed)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_holds_what_is_out_when_the_first_is_gone(data, copied):
    before = rows(data)
    removed = copied(data.clear())
    taken = copied(removed.taken)
    assert taken is removed.taken
    for _ in range(3):
        data.create({"x": [1]})
        data.clear()
        gc.collect()
    data.restore(removed)
    assert rows(data) == before


def test_it_compares_adds_and_is_pickled_as_a_list(data):
    removed = data.clear()
    as_list = list(removed)
    assert removed == as_list
    assert as_list == removed
    assert removed != as_list[1:]
    assert removed != tuple(as_list)
    assert (removed.index(removed[3]), removed.count(removed[3])) == (3, 1)
    assert removed[3] in removed
    assert {"id": "x"} not in removed
    assert [it["id"] for it in removed + [{}] if it] == [it["id"] for it in as_list]  # noqa: RUF005
    assert len([{}] + removed) == N + 1  # noqa: RUF005
    assert len(removed + removed) == 2 * N
    assert type(pickle.loads(pickle.dumps(removed))) is list
    with pytest.raises(ValueError, match="removed instances: expected one of them, got 'a'"):
        removed.index("a")


@pytest.mark.parametrize(
    ("index", "error"), [(N, IndexError), (-N - 1, IndexError), ("a", TypeError)]
)
def test_a_wrong_index_is_said(data, index, error):
    with pytest.raises(error, match=f"removed instances: .* index from -230 to 229, got {index!r}"):
        data.clear()[index]
