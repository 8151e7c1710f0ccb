"""`make test` runs all; `python -m pytest -m "not slow and not browser"` runs the quick ones."""
