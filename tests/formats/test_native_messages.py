"""Converters' screens of text are kept, and what others write is shown."""

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


def said(others, **environment):
    script = SCRIPT.format(others=others, native=NATIVE)
    clean = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=clean | environment,
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
