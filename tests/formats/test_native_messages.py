"""Converters' screens of text are kept, and what others write is shown."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from marcelle_nb.formats.native_messages import NativeMessages, native_messages_kept

NATIVE = "I0000 00:00:1795249684.443706    8282 devices.cc:67] Number of eligible GPUs"
SCRIPT = """
import os, sys, logging, threading
from marcelle_nb.formats.native_messages import native_messages_kept
def work():
    with native_messages_kept(others={others}) as messages:
        os.write(2, b"{native}\\nmlir: dump\\n")
        with native_messages_kept() as inner:
            os.write(2, b"inner\\n")
        print("python", file=sys.stderr)
        assert inner.text == "inner\\n"
    assert messages.text.startswith("{native}"), messages.text
work()
threads = [threading.Thread(target=work) for _ in range(5)]
[t.start() for t in threads]; [t.join() for t in threads]
os.write(2, b"after\\n")
print("end", file=sys.stderr)
"""


def said(others):
    return said_by(SCRIPT.format(others=others, native=NATIVE))


def said_by(script):
    clean = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=clean,
    )
    return done.stderr.splitlines()


@pytest.mark.parametrize("others", [True, False])
def test_native_lines_are_kept_and_pythons_shown(others):
    lines = said(others)
    assert lines.count("python") == 6
    assert lines.count("mlir: dump") == (0 if others else 6)
    assert lines[-2:] == ["after", "end"]
    assert not {"inner", NATIVE} & {*lines}


def test_descriptors_are_given_back():
    place = Path("/proc/self/fd")
    if not place.is_dir():
        pytest.skip("the system does not tell")
    with native_messages_kept():
        pass
    before = len([*place.iterdir()])
    for _ in range(10):
        with native_messages_kept():
            os.write(2, b"x")
    assert len([*place.iterdir()]) == before


def test_error_comes_through_and_standard_error_is_back():
    before = sys.stderr

    def fail():
        with native_messages_kept() as messages:
            os.write(2, b"why\n")
            try:
                raise KeyError
            finally:
                told.append(messages)

    told: list[NativeMessages] = []
    with pytest.raises(KeyError):
        fail()
    assert told[0].text == "why\n"
    assert sys.stderr is before


LOGGERS = """
import logging, sys
from marcelle_nb.formats.native_messages import native_messages_kept
before = sys.stderr
with native_messages_kept() as messages:
    logging.basicConfig()  # as absl does where nobody has
    held = sys.stderr
    logging.warning("meanwhile")
logging.getLogger("mine").warning("after")
assert sys.stderr is before
held.close()
print("held", file=held)
assert (held.fileno(), held.isatty(), held.encoding) == (2, before.isatty(), before.encoding)
with native_messages_kept():
    logging.warning("again")
    print("over", file=held)
sys.stderr = held  # as who puts back what he found meanwhile
with native_messages_kept():
    logging.warning("held")
assert sys.stderr is held
class Wrapper:  # as those that colour what a terminal shows
    def __getattr__(self, name):
        return getattr(held, name)
sys.stderr = Wrapper()
with native_messages_kept():
    pass
print("end", file=held)
"""


def test_a_logger_that_is_made_meanwhile_writes_on_to_the_standard_error():
    lines = said_by(LOGGERS)
    first = ["WARNING:root:meanwhile", "WARNING:mine:after", "held"]
    assert lines == [*first, "WARNING:root:again", "over", "WARNING:root:held", "end"]


REPLACED = """
import io, sys
from marcelle_nb.formats.native_messages import native_messages_kept
with native_messages_kept():
    sys.stderr = mine = io.StringIO()
assert sys.stderr is mine
"""


def test_a_standard_error_that_another_thread_sets_meanwhile_stays():
    assert said_by(REPLACED) == []


SECOND_LINES = r"""
import os
from marcelle_nb.formats.native_messages import native_messages_kept
with native_messages_kept(others=False):
    os.write(2, b"I0000 00:00:1.2    8282 cpu_feature_guard.cc:227] This binary\n"
                b"To enable the following instructions: AVX2, rebuild\nof others\n")
"""


def test_the_second_line_of_a_native_message_is_kept_too():
    assert said_by(SECOND_LINES) == ["of others"]


FORK = """
import os, sys, threading
from marcelle_nb.formats.native_messages import native_messages_kept
within, go_on = threading.Event(), threading.Event()
def work():
    with native_messages_kept(), native_messages_kept():
        within.set()
        go_on.wait()
thread = threading.Thread(target=work)
thread.start()
within.wait()
child = os.fork()
if child == 0:
    os.write(2, b"child\\n")
    with native_messages_kept() as messages:
        os.write(2, b"kept\\n")
    assert messages.text == "kept\\n"
    os.write(2, b"over\\n")
    print("python", file=sys.stderr, flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
go_on.set()
thread.join()
os.write(2, b"parent\\n")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
def test_the_child_of_a_fork_has_its_standard_error_and_its_turn():
    assert said_by(FORK) == ["child", "over", "python", "parent"]


FORK_WITHIN = """
import os
from marcelle_nb.formats.native_messages import native_messages_kept
with native_messages_kept(others=False):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    else:
        os.write(2, b"of the child\\n")
os.write(2, b"after\\n")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on Windows")
def test_a_block_that_forks_ends_in_both():
    # one file for both, which tells the parent of the child's, too
    assert said_by(FORK_WITHIN) == ["of the child", "after", "of the child", "after"]


WHOLE = """
import sys
from marcelle_nb.formats.native_messages import native_messages_kept
before = sys.stderr
with native_messages_kept():
    sys.stderr.buffer.write(b"bytes\\n")
    sys.stderr.buffer.flush()
    held = sys.stderr
    assert held.mode == "w"
    assert not hasattr(held, "_none") and not hasattr(held, "none")
assert (held.buffer, held.name) == (before.buffer, before.name)
"""


def test_what_stands_for_the_standard_error_has_all_of_it():
    assert said_by(WHOLE) == ["bytes"]


def test_a_standard_error_that_nobody_reads_any_more_is_no_hindrance(monkeypatch):
    class Broken(io.StringIO):
        encoding = "utf-8"

        def fileno(self):
            return 2

        def flush(self):
            raise BrokenPipeError

    broken = Broken()
    monkeypatch.setattr(sys, "stderr", broken)
    with native_messages_kept() as messages:
        os.write(2, b"x")
    assert messages.text == "x"
    assert sys.stderr is broken
