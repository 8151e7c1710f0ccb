"""Reading the curves of a model's widget as a user does: with the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

SWEEP = """
(figure) => {
  const over = figure.querySelector(".u-over");
  const box = over.getBoundingClientRect();
  const read = {};
  for (let x = 0; x <= box.width; x += 0.5) {
    const at = {clientX: box.left + x, clientY: box.top + 20, bubbles: true};
    over.dispatchEvent(new MouseEvent("mousemove", at));
    const epoch = figure.querySelector(".marcelle-at").textContent;
    const value = figure.querySelector(".marcelle-key-0 b").textContent;
    if (epoch) read[Number(epoch.replace("epoch ", ""))] = Number(value);
  }
  over.dispatchEvent(new MouseEvent("mouseleave", {bubbles: true}));
  return Object.entries(read);
}
"""


def values_under_the_pointer(model: Locator, metric: str = "Loss") -> dict[int, float]:
    """Move the pointer over a chart and read the epoch and the training value that it shows."""
    pairs = model.locator("figure", has_text=metric).evaluate(SWEEP)
    return {int(epoch): value for epoch, value in pairs}
