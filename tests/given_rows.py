"""The forms in which instances are given to a training."""

import itertools

from marcelle_nb.data.dataset import Dataset

_numbers = itertools.count()


def recorded(instances):
    """Put instances into a dataset of their own."""
    data = Dataset(f"given rows {next(_numbers)}")
    data.create(instances)
    return data


GIVEN = {
    "list": lambda rows: rows,
    "generator": iter,
    "dataset": recorded,
    "lazy": lambda rows: recorded(rows).items().filter(lambda _: True),
}
"""From a list of instances to each of them."""
