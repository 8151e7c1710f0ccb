"""Texts that run as code wherever they are taken for HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGE = "<img src=x onerror=window.__pwned=1>"
SCRIPT = '"><script>window.__pwned=1</script>'
ATTRIBUTE = "' onfocus=window.__pwned=1 autofocus x='"

TEXTS = (IMAGE, SCRIPT, ATTRIBUTE)

# A picture of our own that fails to load: when it has, so have those that were put there before.
SETTLED = """
async () => {
  await new Promise((resolve) => {
    const picture = new Image();
    picture.onerror = resolve;
    picture.src = "data:image/png,none";
  });
  return window.__pwned === undefined;
}
"""


def harmless(page: Page) -> bool:
    """Tell whether none of the texts has run."""
    return bool(page.evaluate(SETTLED))
