"""Networks that drop, kernels that restart, and silence that means nothing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.curves import values_under_the_pointer
from tests.browser.test_training_widget import MODEL, SLOW

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage

# While the network is down nothing passes in either direction; then the sockets notice and close,
# and no new one can be opened until it is up again.
NETWORK = """
(() => {
  const Socket = window.WebSocket;
  const sockets = new Set();
  let down = false;
  window.WebSocket = class extends Socket {
    constructor(url, protocols) {
      super(down ? "ws://127.0.0.1:1" : url, protocols);
      sockets.add(this);
      this.addEventListener("message", (event) => down && event.stopImmediatePropagation());
      this.addEventListener("close", () => sockets.delete(this));
    }
    send(data) {
      if (!down) super.send(data);
    }
  };
  window.dropNetwork = (noticedAfter, upAfter) => {
    down = true;
    setTimeout(() => sockets.forEach((socket) => socket.close()), noticedAfter);
    setTimeout(() => { down = false; }, upAfter);
  };
})();
"""

# Everything that an alert line of ours has said since the page was opened.
ALERTS = """
window.alerts = new Set();
new MutationObserver(() => {
  for (const line of document.querySelectorAll(".marcelle-alert:not([hidden])")) {
    window.alerts.add(line.textContent);
  }
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""

RESTARTED = "The kernel was restarted: run the cell again."


def alerts(page: Page) -> list[str]:
    return list(page.evaluate("[...window.alerts]"))


@pytest.mark.parametrize("noticed_after_ms", [500, 4_500])
def test_after_five_seconds_without_network_no_epoch_is_missing_and_all_values_agree(
    lab: NotebookPage, noticed_after_ms: int
) -> None:
    lab.page.add_init_script(NETWORK)
    lab.start(MODEL)
    view = lab.view("model")
    # the training ends, and a parameter changes, while nothing arrives
    lab.execute(
        SLOW.format(0.1)
        + "\nthreading.Timer(2, lambda: model.parameters.batch_size.set(17)).start()\n"
        "run = model.train(data)"
    )
    expect(view.locator(".marcelle-status")).to_contain_text("Epoch")
    lab.page.evaluate(f"window.dropNetwork({noticed_after_ms}, 5000)")
    view.get_by_label("Epochs").fill("44")
    view.get_by_label("Epochs").press("Enter")  # goes into the void
    expect(view.locator(".marcelle-alert")).to_be_visible(timeout=8_000)
    expect(view.locator(".marcelle-status")).to_contain_text(
        "Trained: epoch 30 of 30", timeout=40_000
    )
    lab.eventually(lambda: sorted(values_under_the_pointer(view)) == list(range(1, 31)))
    expect(view.get_by_label("Batch size")).to_have_value("17")
    lab.eventually(
        lambda: (
            lab.execute("print(model.epochs)").strip() == view.get_by_label("Epochs").input_value()
        )
    )
    expect(view.locator(".marcelle-alert")).to_be_hidden()


def test_a_drop_of_a_moment_loses_nothing_either(lab: NotebookPage) -> None:
    lab.page.add_init_script(NETWORK)
    lab.start(MODEL)
    lab.execute("threading.Timer(0.3, lambda: model.parameters.batch_size.set(17)).start()")
    lab.page.evaluate("window.dropNetwork(600, 601)")
    expect(lab.view("model").get_by_label("Batch size")).to_have_value("17")


@pytest.mark.parametrize("way", ["menu", "server", "crash"])
def test_a_view_says_within_five_seconds_that_the_kernel_was_restarted(
    lab: NotebookPage, server: JupyterServer, way: str
) -> None:
    lab.start(MODEL, "mnb.button('Press')")
    old = int(lab.execute("import os; print(os.getpid())"))
    if way == "menu":
        lab.command("kernelmenu:restart")
        lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    elif way == "server":
        server.request("POST", f"/api/kernels/{lab.kernel_id}/restart")
    else:
        lab.begin("import os; os._exit(1)")
    lab.eventually(lambda: is_back(lab, server, old), 30)
    began = time.monotonic()
    for name in ("model", "button"):
        expect(lab.view(name).locator(".marcelle-alert")).to_contain_text(RESTARTED, timeout=10_000)
    assert time.monotonic() - began < 5

    dialog = lab.page.locator(".jp-Dialog .jp-mod-accept")
    if dialog.count():  # after a crash JupyterLab explains itself
        dialog.click()
    if way == "server":  # JupyterLab goes on sending to a shell that the new kernel does not have
        lab.reload()
    lab.run_all()
    expect(lab.view("model").locator(".marcelle-alert")).to_be_hidden()
    lab.view("model").get_by_role("button", name="Train").click()
    expect(lab.view("model").locator(".marcelle-status")).to_contain_text("Trained")


def test_no_alarm_is_raised_while_the_page_is_idle_or_a_long_cell_runs(lab: NotebookPage) -> None:
    lab.page.add_init_script(ALERTS)
    lab.start(MODEL, "mnb.button('Press')", "mnb.dataset_browser(data)")
    lab.page.wait_for_timeout(15_000)
    assert alerts(lab.page) == []
    lab.execute("for _ in range(100): time.sleep(0.1)")
    lab.page.wait_for_timeout(6_000)
    assert [text for text in alerts(lab.page) if "is busy" not in text] == []
    for view in lab.page.locator(".marcelle").all():
        expect(view.locator(".marcelle-alert")).to_be_hidden()


def is_back(notebook: NotebookPage, server: JupyterServer, old: int) -> bool:
    """Tell whether the kernel's process is gone and another one is ready."""
    try:
        os.kill(old, 0)
    except ProcessLookupError:
        kernel = server.request("GET", f"/api/kernels/{notebook.kernel_id}")
        return bool(kernel["execution_state"] == "idle")
    return False
