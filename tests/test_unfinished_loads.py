"""A process that ends while a model is loaded in the background."""

import subprocess
import sys

import pytest

BEGIN = """
import threading, time
from marcelle_nb.models.unfinished_loads import finished_before_exit, process_is_ending
begun = threading.Event()
def work():
    with finished_before_exit() as may_begin:
        assert may_begin
        begun.set()
        {work}
threading.Thread(target=work, daemon=True).start()
begun.wait()
print("last line", flush=True)
"""


def lines(work, *more):
    code = BEGIN.format(work=work) + "\n".join(more)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def test_the_end_waits_for_what_is_loaded():
    assert lines("time.sleep(0.5); print('loaded', flush=True)") == ["last line", "loaded"]


def test_what_waits_for_somebody_else_hears_of_the_end():
    work = "process_is_ending.wait(); print('given up', flush=True)"
    assert lines(work) == ["last line", "given up"]


def test_the_end_does_not_wait_for_ever():
    shorten = "import marcelle_nb.models.unfinished_loads as it; it.LONGEST_S = 0.1"
    assert lines("time.sleep(600)", shorten) == ["last line"]


def test_what_begins_after_the_end_has_begun_hears_of_it():
    late = (
        "import atexit",
        "import marcelle_nb.models.unfinished_loads as it",
        "def late():",
        "    it._wait()",
        "    with finished_before_exit() as may_begin:",
        "        print(may_begin, len(it._under_way), flush=True)",
        "atexit.register(late)",
    )
    assert lines("pass", *late) == ["last line", "False 0"]


@pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows")
def test_the_child_of_a_fork_waits_for_nothing_of_its_parent():
    fork = (
        "import os, sys",
        "child = os.fork()",
        "if child: os.waitpid(child, 0); print('child ended', flush=True); os._exit(0)",
        "sys.exit()",
    )
    assert lines("time.sleep(600)", *fork) == ["last line", "child ended"]


@pytest.mark.slow
def test_a_script_that_only_makes_a_model_comes_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    code = """
import sys
from pathlib import Path
from tests.mobilenet_weights import random_arrays, write_keras_weights
import marcelle_nb as mnb
file = write_keras_weights(Path(sys.argv[1]) / "w.h5", 1, 0.25, arrays=random_arrays(1, 0.25))
model = mnb.mobilenet(1, 0.25, url=file)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0
