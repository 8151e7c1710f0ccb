from typing import Any

import pytest

from marcelle_nb.component import Component
from marcelle_nb.components import retried
from marcelle_nb.components.retried import Retried
from marcelle_nb.errors import BadRequest, Unavailable
from marcelle_nb.scheduler import scheduler
from tests.eventually import eventually


class Shown(Component):
    view = "shown"


@pytest.fixture
def component():
    component = Shown()
    yield component
    component.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(retried, "FIRST_WAIT_S", 0.01)


class Work:
    def __init__(self, *errors: Any) -> None:
        self.errors = list(errors)
        self.times = 0

    def __call__(self):
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)


def test_work_that_fails_is_done_again_until_it_does_not(component):
    work = Work(Unavailable("away"), Unavailable("still away"))
    Retried(component, work)()
    assert "away" in component.alert.value
    eventually(lambda: work.times == 3 and component.alert.value == "")


def test_an_alert_of_something_else_stays(component):
    work = Work(Unavailable("away"))
    Retried(component, work)()
    component._raise_alert("another")
    eventually(lambda: work.times == 2)
    assert component.alert.value == "another"


def test_what_would_fail_again_is_not_tried_again(component):
    work = Work(BadRequest("no such field"))
    with pytest.raises(BadRequest):
        Retried(component, work)()


def test_nothing_is_done_for_what_is_closed_or_not_shown(component):
    work = Work(*[Unavailable("away")] * 9)
    component.view_seen("page")
    Retried(component, work)()
    component.view_gone("page")
    eventually(lambda: not component.shown.value)
    times = work.times
    done: list[int] = []
    scheduler.call_later(0.2, lambda: component._inbox.put(lambda: done.append(1)))
    eventually(lambda: done)
    assert work.times <= times + 1
