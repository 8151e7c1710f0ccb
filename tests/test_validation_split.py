from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marcelle_nb.models.validation_split import split_rows

labels = st.lists(st.sampled_from("abcd"), max_size=60)
shares = st.floats(0, 1)


def split(rows, share, seed=0):
    return split_rows(rows, share, np.random.default_rng(seed))


@settings(deadline=None)
@given(labels, shares)
def test_every_row_is_in_exactly_one_part(rows, share):
    training, validation = split(rows, share)
    assert sorted([*training, *validation]) == list(range(len(rows)))


@settings(deadline=None)
@given(labels, shares)
def test_each_class_gives_its_share_and_keeps_a_row(rows, share):
    _, validation = split(rows, share)
    given_up = Counter(rows[row] for row in validation)
    for label, n in Counter(rows).items():
        assert given_up[label] == min(n - 1, round(n * share))


@settings(deadline=None)
@given(labels, shares, st.integers(0, 1000))
def test_the_same_seed_gives_the_same_rows(rows, share, seed):
    for one, other in zip(split(rows, share, seed), split(rows, share, seed), strict=True):
        assert np.array_equal(one, other)


def test_another_seed_gives_other_rows():
    assert not np.array_equal(split("a" * 40, 0.5, seed=1)[1], split("a" * 40, 0.5, seed=2)[1])


@pytest.mark.parametrize("share", [0, 0.01])
def test_no_row_validates_where_the_share_rounds_to_none(share):
    training, validation = split(["a", "a", "b"], share)
    assert (list(training), list(validation)) == ([0, 1, 2], [])


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match=r"validation_split: expected a number from 0 to 1"):
        split(["a"], share)
