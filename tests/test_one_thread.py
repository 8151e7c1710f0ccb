import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from threadpoolctl import ThreadpoolController

from marcelle_nb.features.one_thread import one_thread


def threads():
    return [library["num_threads"] for library in BLAS.info()]


BLAS = ThreadpoolController().select(user_api="blas")


@pytest.fixture(autouse=True)
def three_threads():
    if not BLAS.info():
        pytest.skip("NumPy's products cannot be told")
    with BLAS.limit(limits=3):
        yield


def test_products_inside_take_one_thread_and_afterwards_as_many_as_before():
    with one_thread():
        assert set(threads()) == {1}
    assert set(threads()) == {3}


def test_an_error_inside_lifts_the_limit():
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert set(threads()) == {3}


def test_threads_that_overlap_leave_as_many_threads_as_before():
    def work(seed):
        for _ in range(200):
            with one_thread():
                sum(range(seed * 50))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert set(threads()) == {3}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the interpreter's, of threads
def test_a_child_of_a_fork_is_not_limited_by_a_thread_that_it_has_not():
    reading, writing = os.pipe()
    inside, end = threading.Event(), threading.Event()

    def stay():
        with one_thread():
            inside.set()
            end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        staying = pool.submit(stay)
        assert inside.wait(20)
        child = os.fork()
        if not child:
            try:
                before = set(threads())
                with one_thread():
                    within = set(threads())
                said = (before, within, set(threads())) == ({3}, {1}, {3})
                os.write(writing, b"well" if said else b"badly")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        end.set()
        staying.result()
    assert os.read(reading, 9) == b"well"
    os.close(reading)
    os.close(writing)
