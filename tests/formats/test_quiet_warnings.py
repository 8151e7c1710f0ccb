"""Warnings are silenced without disturbing other threads' filters."""

from __future__ import annotations

import threading
import warnings

import pytest

from marcelle_nb.formats.quiet_warnings import quiet_warnings


@pytest.fixture(autouse=True)
def _filters():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_warnings_in_the_block_are_ignored_and_after_it_not():
    with quiet_warnings():
        warnings.warn("unheard", stacklevel=1)
    with pytest.raises(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_warnings_of_other_modules_are_heard():
    with quiet_warnings("keras"), pytest.raises(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_silence_ends_with_the_last_of_blocks_that_overlap():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with quiet_warnings():
            entered.set()
            leave.wait(5)

    thread = threading.Thread(target=other)
    with quiet_warnings():
        thread.start()
        entered.wait(5)
    warnings.warn("unheard", stacklevel=1)
    leave.set()
    thread.join()
    with pytest.raises(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_a_filter_that_another_thread_sets_meanwhile_stays():
    with quiet_warnings():
        warnings.filterwarnings("ignore", message="set meanwhile")
    warnings.warn("set meanwhile", stacklevel=1)
