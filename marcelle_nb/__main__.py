"""`python -m marcelle_nb` is the command `marcelle-nb`."""

from marcelle_nb.cli import app

app(prog_name="marcelle-nb")
