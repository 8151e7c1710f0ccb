"""What `model.export_page(folder)` gives: the files, and how to look at them."""

from __future__ import annotations

from pathlib import Path


class ExportedPage(list[Path]):
    """The paths of the files, `index.html` first; shown, it says how to open the page."""

    def __repr__(self) -> str:
        if not self:
            return "<ExportedPage: no files>"
        index = self[0]
        return (
            f"<ExportedPage {str(index)!r} and {len(self) - 1} files beside it: put the folder on"
            f" any web host, or run `python -m http.server` in {str(index.parent)!r} and open"
            " http://localhost:8000. Jupyter's file browser does not run it: there,"
            ' model.publish("name") gives a link.>'
        )
