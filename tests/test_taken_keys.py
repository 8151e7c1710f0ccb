import sys
import threading
from functools import partial
from typing import Any

import pytest

from marcelle_nb.data.taken_keys import TakenKeys


@pytest.fixture
def often():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often")
def test_threads_share_the_keys_and_each_is_given_once():
    for _ in range(20):
        keys = TakenKeys()
        names = [str(number) for number in range(3_000)]
        for name in names:
            keys.keep(name)
            keys.forget(name)
        given: list[str] = []
        errors: list[Exception] = []
        start = threading.Barrier(4)

        def take(which, start=start, given=given, errors=errors):
            start.wait()
            try:
                given.extend(which() or [])
            except Exception as error:  # noqa: BLE001 looked at below
                errors.append(error)

        ways: list[Any] = [keys.forgotten, keys.forgotten, keys.all, partial(keys.keep, "new")]
        threads = [threading.Thread(target=take, args=(way,)) for way in ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert sorted({*given} - {"new"}) == sorted(names)
        assert len(given) == len({*given})


def test_keys_that_nobody_kept_are_not_given():
    keys = TakenKeys()
    keys.keep("a")
    keys.forget("b")
    assert (keys.forgotten(), keys.all(), keys.all()) == ([], ["a"], [])


def test_keys_in_doubt_are_not_given_until_they_are_trusted():
    keys = TakenKeys()
    for key in "abc":
        keys.keep(key)
        keys.doubt(key)
    keys.trust("a")
    keys.forget("a")
    keys.forget("b")
    assert keys.forgotten() == ["a"]
    assert (keys.kept, keys.all()) == (["c"], [])


def test_what_nobody_holds_is_forgotten_without_python_code_that_could_be_interrupted():
    class Holder:
        pass

    keys, holder = TakenKeys(), Holder()
    keys.keep("a")
    keys.watch(holder, "a")
    assert keys.forgotten() == []
    ran: list[str] = []
    sys.setprofile(lambda frame, event, _: ran.append(event) if event == "call" else None)
    del holder
    sys.setprofile(None)
    assert ran == []
    assert (keys.forgotten(), keys.kept) == (["a"], [])
