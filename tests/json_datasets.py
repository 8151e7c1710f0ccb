"""Datasets as JSON in memory."""

import io

from marcelle_nb.data.dataset_json import write_json
from marcelle_nb.data.dataset_json_reader import read_json


def written(instances):
    """Give the file of some instances."""
    file = io.BytesIO()
    write_json(instances, file)
    return file.getvalue()


def rows_of(data):
    """Give the instances of a file."""
    return list(read_json(io.BytesIO(data)))
