from typing import cast

import pytest

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.models.watched_dataset import WatchedDataset
from marcelle_nb.stream import Stream
from tests.eventually import eventually


def test_it_tells_what_is_in_the_data_set_and_follows_it():
    data, watched = Dataset("watched"), WatchedDataset(Stream(True))
    watched.watch(data)
    data.create({"x": [1], "y": "a"})
    assert watched.is_there.value
    eventually(lambda: watched.text.value == "watched, 1 instance of 1 label")
    watched.watch(None)
    assert (watched.text.value, watched.is_there.value) == ("", False)


def test_it_counts_nothing_while_no_page_shows_it():
    data, shown = Dataset("unwatched"), Stream(False)
    watched = WatchedDataset(shown)
    watched.watch(data)
    data.create({"x": [1], "y": "a"})
    assert watched.text.value == ""
    shown.set(True)
    eventually(lambda: watched.text.value == "unwatched, 1 instance of 1 label")


def test_what_is_no_data_set_is_refused():
    with pytest.raises(TypeError, match="dataset: expected a Dataset or None, got 3"):
        WatchedDataset(Stream(True)).watch(cast("Dataset", 3))
