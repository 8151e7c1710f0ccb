"""The bridge: turns any component into an anywidget.

The only importer of anywidget, ipywidgets and traitlets.
"""

from marcelle_nb.widget.component_widget import ComponentWidget

__all__ = ["ComponentWidget"]
