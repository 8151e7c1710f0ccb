import os
import shutil
import time

import pytest

from marcelle_nb.data import held_folder
from marcelle_nb.data.held_folder import held, is_left, renew

DAY_S = 86_400


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


@pytest.fixture
def no_locks(monkeypatch):
    monkeypatch.setattr(held_folder, "try_lock", lambda file: None)


def age(folder, seconds):
    os.utime(folder, (time.time() - seconds,) * 2)


def test_a_folder_is_left_when_nobody_holds_it_any_more(folder):
    with held(folder) as is_told:
        assert is_told
        age(folder, 9 * DAY_S)
        assert not is_left(folder)
    assert is_left(folder)


def test_a_folder_that_is_being_made_is_not_left(folder):
    assert not is_left(folder)
    (folder / ".held").touch()  # and not locked yet
    assert not is_left(folder)
    age(folder, DAY_S + 60)
    assert is_left(folder)


def test_without_locks_it_is_left_a_day_after_its_last_change(folder, no_locks):
    with held(folder) as is_told:
        assert not is_told
        assert not is_left(folder)
        age(folder, DAY_S + 60)
        assert is_left(folder)
        renew(folder)
        assert not is_left(folder)


def test_a_folder_that_is_gone_is_not_left_and_not_renewed(folder):
    shutil.rmtree(folder)
    renew(folder)
    assert not is_left(folder)
