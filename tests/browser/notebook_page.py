"""A notebook that is open in a browser."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

from tests.browser.jupyter_server import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.browser.jupyter_server import JupyterServer

_numbers = itertools.count(1)

EXECUTE = """
async (code) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const kernel = panel.sessionContext.session.kernel;
  const future = kernel.requestExecute({code, store_history: false, stop_on_error: false});
  let text = "";
  future.onIOPub = (message) => {
    if (message.header.msg_type === "stream") text += message.content.text;
    if (message.header.msg_type === "error") text += message.content.traceback.join("\\n");
  };
  await future.done;
  return text;
}
"""


class NotebookPage:
    """Drives JupyterLab or Notebook 7 as a user or, if quicker, through its application object."""

    def __init__(self, page: Page, server: JupyterServer, *, app: str = "lab") -> None:
        self.page = page
        self._server = server
        self._app = app

    def start(self, *cells: str) -> NotebookPage:
        """Write a notebook of these cells, open it and run them all."""
        self.open(self._server.write_notebook(f"test-{next(_numbers)}.ipynb", [*cells]))
        self.run_all()
        return self

    def open(self, name: str) -> NotebookPage:
        """Open a notebook and wait for its kernel."""
        place = "lab/tree" if self._app == "lab" else "notebooks"
        # `reset` forgets the tabs that an earlier test left open
        query = f"token={TOKEN}" + ("&reset" if self._app == "lab" else "")
        self.page.goto(f"{self._server.url}/{place}/{name}?{query}")
        self.wait_for_kernel()
        return self

    def reload(self) -> None:
        """Reload the page; the kernel lives on."""
        self.page.reload()
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Wait until the notebook is there and its kernel is idle."""
        self.page.wait_for_function(
            """() => {
              const panel = window.jupyterapp?.shell?.currentWidget;
              return panel?.content?.widgets?.length > 0
                && panel?.sessionContext?.session?.kernel?.status === "idle";
            }""",
            timeout=60_000,
        )

    def run_all(self, *, wait: bool = True) -> None:
        """Run all cells."""
        done = "await" if wait else "void"
        self.page.evaluate(
            f"""async () => {{
              {done} window.jupyterapp.commands.execute('notebook:run-all-cells');
            }}"""
        )

    def run_cell(self, index: int) -> None:
        """Run one cell, without waiting for its end."""
        self.page.evaluate(
            """async (index) => {
              const panel = window.jupyterapp.shell.currentWidget;
              panel.content.activeCellIndex = index;
              panel.content.deselectAll();
              void window.jupyterapp.commands.execute('notebook:run-cell');
            }""",
            index,
        )

    def execute(self, code: str) -> str:
        """Run code in the notebook's kernel, outside its cells; gives what it printed."""
        return str(self.page.evaluate(EXECUTE, code))

    def begin(self, code: str) -> None:
        """Let code run in the notebook's kernel, as a cell would, without waiting for its end."""
        self.page.evaluate(
            """(code) => {
              const {kernel} = window.jupyterapp.shell.currentWidget.sessionContext.session;
              const future = kernel.requestExecute({code, store_history: false});
              window.begun = "running";
              void future.done.finally(() => { window.begun = "over"; }).catch(() => {});
            }""",
            code,
        )

    @property
    def is_running(self) -> bool:
        """Whether the code that was begun last goes on."""
        return bool(self.page.evaluate("window.begun === 'running'"))

    def interrupt(self) -> None:
        """End what the kernel runs."""
        self._server.request("POST", f"/api/kernels/{self.kernel_id}/interrupt")

    @property
    def kernel_id(self) -> str:
        """The notebook's kernel, for the server's API."""
        panel = "window.jupyterapp.shell.currentWidget"
        return str(self.page.evaluate(f"{panel}.sessionContext.session.kernel.id"))

    def kernel_status(self) -> str:
        """What the application thinks that the kernel does."""
        panel = "window.jupyterapp.shell.currentWidget"
        return str(self.page.evaluate(f"{panel}.sessionContext.session.kernel?.status ?? ''"))

    def save(self) -> None:
        """Save the notebook, with its outputs."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")

    def view(self, name: str, index: int = 0) -> Locator:
        """Find a view by the name of its files."""
        return self.page.locator(f".marcelle-{name}").nth(index)

    def command(self, name: str) -> None:
        """Run one of the application's commands."""
        self.page.evaluate("(name) => void window.jupyterapp.commands.execute(name)", name)

    def eventually(self, condition: Callable[[], Any], seconds: float = 40) -> None:
        """Wait until `condition()` is true, while the page goes on working."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true"
            self.page.wait_for_timeout(50)
