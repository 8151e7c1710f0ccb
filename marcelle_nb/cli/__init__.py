"""The command `marcelle-nb`."""

from marcelle_nb.cli.app import app as app
