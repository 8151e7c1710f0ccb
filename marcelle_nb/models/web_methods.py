"""What all models have for web pages: those that pages cannot run say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from marcelle_nb.errors import UnsupportedByModel

if TYPE_CHECKING:
    import os

    from marcelle_nb.models.exported_page import ExportedPage
    from marcelle_nb.models.publication import Publication
    from marcelle_nb.models.web_model import WebModel


class WebMethods:
    """Showing a model to web pages: a kind that they can run says how in `_web_model`."""

    title: ClassVar[str]

    def publish(self, name: str) -> Publication:
        """Show the model to web pages through the running Jupyter server, to its user alone.

        Parameters
        ----------
        name : str
            Any text without slashes; the address is `<server>/marcelle-nb/models/<name>/`, the name
            quoted as in addresses. What was published under it before is replaced.

        Returns
        -------
        Publication
            Shown in a notebook, it is two links: to a page that runs the model with the webcam
            (`page_url`), and to the model for `tf.loadLayersModel` or `tf.loadGraphModel` in a page
            (`url`). It does not follow a later training: publish again, or call its `update`.

        Warns
        -----
        UserWarning
            If no server with the extension runs here.

        Raises
        ------
        UnsupportedByModel
            If TensorFlow.js has no word for this kind of model, or nothing is learned yet.
        ModelFormatError
            If it has none for one of the layers.
        OSError
            If Jupyter's runtime directory cannot be written.

        Notes
        -----
        Thread: any. The files lie in Jupyter's runtime directory, readable by the user alone, and
        go with the kernel, however it ends.
        """
        from marcelle_nb.models.publication import Publication

        return Publication(self, name)

    def export_page(
        self, folder: str | os.PathLike[str], *, title: str | None = None
    ) -> ExportedPage:
        """Write a web page that runs the model, with the webcam and with pictures.

        The folder has all that it needs, TensorFlow.js included: put it on any web host, or look at
        it with `python -m http.server`, run in the folder, at `http://localhost:8000`. A page that
        is opened as a file is not let read the files beside it by browsers, and in Jupyter's file
        browser it gets no scripts; it says so. In Jupyter, `publish` gives a link to such a page.

        Parameters
        ----------
        folder : path
            Made where there is none; "." is the current one. A page from before is replaced;
            another page, and files of the names that are to be written, are left alone.
        title : str, optional
            What the page is called.

        Returns
        -------
        ExportedPage
            A list of paths, `index.html` first; shown, it says how to open the page.

        Raises
        ------
        UnsupportedByModel, ModelFormatError
            As `publish`.
        FileExistsError
            If there is another page in the folder, or a file or folder of such a name that belongs
            to no page.
        ValueError
            If the folder is an empty text.
        OSError
            If it cannot be written.
        """
        from marcelle_nb.models.page_files import write_page

        return write_page(self._web_model(), self.title if title is None else str(title), folder)

    def _web_model(self) -> WebModel:
        """Give the model as web pages run it; a kind that they can run overrides this."""
        raise UnsupportedByModel(
            f"{self.title}: expected a kind of model that TensorFlow.js can run, got one that it"
            " cannot"
        )
