"""Reading from a store that fails for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import GeneralError, Unavailable
from marcelle_nb.scheduler import scheduler
from marcelle_nb.stream import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.component import Component

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0


class Retried:
    """Work that reads from a store, and is done again by itself where the store fails.

    Nobody else would ask for it: the change that it follows does not come again.

    Parameters
    ----------
    component : Component
        Whose work; says in its alert line what failed, for as long as it does.
    work : callable
        Is done on the thread that calls this object, and again on the component's own.

    Notes
    -----
    Thread: any.
    """

    def __init__(self, component: Component, work: Callable[[], object]) -> None:
        self._component = component
        self._work = work
        self._wait_s = FIRST_WAIT_S
        self._is_waiting = False
        self._alert = ""

    def __call__(self) -> None:
        """Do the work, or promise to do it."""
        try:
            self._work()
        except (Unavailable, GeneralError) as error:
            self.failed(error)
        else:
            self._succeeded()

    def failed(self, error: Exception) -> None:
        """Do the work in a moment, since the store failed in something that it mends."""
        self._alert = described(error)
        self._component._raise_alert(self._alert)
        if self._is_waiting:
            return
        self._is_waiting = True
        scheduler.call_later(self._wait_s, lambda: self._component._inbox.put(self._again))
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    def _again(self) -> None:
        self._is_waiting = False
        component = self._component
        # who is shown again begins anew
        if component.shown.value and not component._closed:
            self()

    def _succeeded(self) -> None:
        self._wait_s = FIRST_WAIT_S
        if self._alert and self._component.alert.value == self._alert[:500]:
            self._component._clear_alert(at_once=True)
        self._alert = ""
