import pytest

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.dataset_name import checked_name, service_name


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("TrainingSet", "instances-training-set"),
        ("train set", "instances-train-set"),
        ("a__b \t c", "instances-a-b-c"),
        ("myHTTPData", "instances-my-httpdata"),
        ("a\u00a0\ufeffb", "instances-a-b"),
        ("a\x1cb", "instances-a\x1cb"),
        ("ÉtéÀ", "instances-étéà"),
        ("../x", "instances-../x"),
    ],
)
def test_a_service_is_named_as_marcelle_names_it(name, service):
    assert service_name(name) == service


@pytest.mark.parametrize("name", ["a", " ", "x" * 180, "'; DROP TABLE --", "日本", "a\nb"])
def test_any_text_is_a_name(name):
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", None, 5, "x" * 181, "a\0", "\udc00"])
def test_what_no_store_takes_is_none(name):
    with pytest.raises(ValueError, match=r"^name: expected"):
        checked_name(name)


@pytest.mark.parametrize("name", ["aB" * 63, "a" * 180, "İ" * 95])
def test_a_name_that_is_longer_in_a_store_is_one_while_it_fits(name):
    assert Dataset(name).name == name


@pytest.mark.parametrize("name", ["aB" * 64, "aB" * 90, "İ" * 96, "İ" * 180])
def test_a_name_that_is_too_long_in_a_store_is_refused_as_a_name(name):
    with pytest.raises(ValueError, match=r"^name: expected at most 190 characters as a store"):
        Dataset(name)
