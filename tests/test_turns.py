import threading
import time

import pytest

from marcelle_nb.models.turns import Turns


def test_one_is_inside_at_a_time():
    turns, inside, most = Turns(), list[int](), list[int]()

    def work():
        for _ in range(200):
            with turns:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert set(most) == {1}


def test_who_waits_comes_before_who_has_just_let_go():
    turns, stop, began = Turns(), threading.Event(), threading.Event()

    def busy():
        while not stop.is_set():
            with turns:
                began.set()
                time.sleep(0.02)

    thread = threading.Thread(target=busy)
    thread.start()
    began.wait(20)
    waits = []
    for _ in range(10):
        start = time.monotonic()
        with turns:
            waits.append(time.monotonic() - start)
    stop.set()
    thread.join(20)
    assert max(waits) < 1


def test_what_is_raised_inside_lets_the_next_in():
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns:
        _ = 1 / 0
    with turns:
        pass
