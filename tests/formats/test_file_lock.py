import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from marcelle_nb.formats import file_lock
from marcelle_nb.formats.file_lock import locked

HOLD = (
    "import sys, time\nfrom pathlib import Path\n"
    "from marcelle_nb.formats.file_lock import locked\n"
    "with locked(Path(sys.argv[1]), lambda: None):\n    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def nothing():
    pass


def test_one_thread_waits_for_the_other(tmp_path):
    order, waited = [], threading.Event()

    def second():
        with locked(tmp_path / "lock", waited.set):
            order.append("second")

    with locked(tmp_path / "lock", nothing) as is_held:
        assert is_held
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_what_waiting_raises_ends_the_wait(tmp_path):
    def stop():
        raise KeyboardInterrupt

    with (
        locked(tmp_path / "lock", nothing),
        pytest.raises(KeyboardInterrupt),
        locked(tmp_path / "lock", stop),
    ):
        pass
    with locked(tmp_path / "lock", stop) as is_held:
        assert is_held


def test_a_killed_process_lets_go(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        waits = []

        def waiting():
            waits.append(time.monotonic())
            process.kill()

        with locked(tmp_path / "lock", waiting) as is_held:
            assert is_held
        assert waits


def test_a_disk_without_locks_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(file_lock, "try_lock", lambda file: None)
    with locked(tmp_path / "lock", nothing) as is_held:
        assert not is_held
