import time

from marcelle_nb.features.due_clock import DueClock


def test_clock_says_once_in_so_many_seconds_that_it_is_time(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    due = DueClock(5)
    told = []
    for now[0] in (104.0, 105.0, 106.0, 109.0, 111.0):
        told.append(due())
    assert told == [False, True, False, False, True]
