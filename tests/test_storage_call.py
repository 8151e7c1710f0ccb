import pytest

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.models.storage_call import StorageCall


def save(*args, **options):
    first, second, metadata = (*args, None, None, None)[:3]
    metadata = options.get("metadata", metadata)
    return StorageCall.of_save(first, second, metadata, options.get("id"), options.get("update"))


def test_the_first_argument_tells_the_form():
    store = DataStore()
    assert save(store, "n", {"a": 1}, id="i") == StorageCall(store, "n", {"a": 1}, "i")
    assert save() == StorageCall()
    assert save("n") == StorageCall(name="n")
    assert save("n", {"a": 1}) == StorageCall(name="n", metadata={"a": 1})
    assert save({"a": 1}) == StorageCall(metadata={"a": 1})
    assert save(True, {"a": 1}) == StorageCall(metadata={"a": 1}, update=True)
    assert save(False) == StorageCall()
    assert save(update=True) == StorageCall(update=True)
    assert save(None, "n") == StorageCall(name="n")
    assert StorageCall.of_name("load", store, "n") == StorageCall(store, "n")
    assert StorageCall.of_name("load", "n", None) == StorageCall(name="n")
    assert StorageCall.of_name("load", None, None) == StorageCall()


@pytest.mark.parametrize(
    "args",
    [(3,), (b"n",), ("n", "m"), ({}, {"a": 1}), (True, False), (DataStore(), {"a": 1})],
)
def test_what_is_neither_is_refused(args):
    with pytest.raises(TypeError, match="expected"):
        save(*args)
    with pytest.raises(TypeError, match="expected"):
        StorageCall.of_name("load", 3, None)


@pytest.mark.parametrize("name", ["", "x" * 501, "a\0b", "\ud800"])
def test_a_name_that_no_store_takes_is_refused(name):
    with pytest.raises(ValueError, match="name: expected"):
        save(DataStore(), name)
