import pytest

from marcelle_nb.models.fitted_keras_model import FittedKerasModel


class Given(FittedKerasModel):
    """A model without a network."""

    title = "given"
    keras_model = None

    def _fit(self, *_):
        raise NotImplementedError

    def _opened(self, *_, **__):
        raise NotImplementedError

    def _network(self, *_):
        raise NotImplementedError


def test_without_a_network_it_knows_what_it_was_told():
    model = Given(task="classification", labels=["a", "b"])
    assert (model.labels, model.metadata, model.ready) == (["a", "b"], {}, False)
    assert model.predict([1, 2]).label is None


def test_a_number_is_unknown_without_a_network():
    answer = Given(task="regression", labels=None).predict([1, 2])
    assert answer != answer  # noqa: PLR0124


def test_there_is_nothing_to_save_without_a_network(tmp_path):
    with pytest.raises(ValueError, match=r"^given: expected a model that is built, got"):
        Given(task="regression", labels=None).save(tmp_path / "model.keras")


def test_a_task_is_one_of_two():
    with pytest.raises(ValueError, match="task: expected one of"):
        Given(task="clustering", labels=None)
