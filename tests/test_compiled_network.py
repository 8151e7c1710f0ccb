import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.models.compiled_network import CompiledNetwork

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(
        ModelCache, "of_user", classmethod(lambda cls: cls(tmp_path / "none" / "x"))
    )
    (tmp_path / "none").write_text("a file")
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def builder(factor, built):
    import tensorflow as tf

    def build():
        built.append(factor)

        @tf.function(input_signature=[tf.TensorSpec([1, 2], tf.float32)], autograph=False)
        def network(x):
            return [factor * x, x + 1.0]

        return network

    return build


def answers(network):
    return [array.tolist() for array in network.run(np.array([[1, 2]], np.float32))]


def test_it_answers_as_the_function_and_is_made_once():
    built: list[float] = []
    for _ in range(2):
        network = CompiledNetwork.of(builder(3.0, built), "three")
        assert sorted(answers(network)) == [[[2, 3]], [[3, 6]]]
    assert built == [3.0]


def test_other_weights_are_another_network():
    built: list[float] = []
    CompiledNetwork.of(builder(3.0, built), "three")
    network = CompiledNetwork.of(builder(5.0, built), "five")
    assert [[5, 10]] in answers(network)
    assert built == [3.0, 5.0]


def test_what_was_changed_in_the_cache_is_made_again(cache):
    built: list[float] = []
    CompiledNetwork.of(builder(3.0, built), "three")
    (path,) = cache.glob("files/*/network.tflite")
    path.write_bytes(b"hostile")
    CompiledNetwork.of(builder(3.0, built), "three")
    assert built == [3.0, 3.0]


def test_a_cache_that_cannot_be_written_costs_time_alone(cache):
    cache.write_text("a file")
    network = CompiledNetwork.of(builder(3.0, []), "three")
    assert [[3, 6]] in answers(network)


def test_where_the_shared_cache_cannot_be_written_the_users_own_keeps_it(
    cache, tmp_path, monkeypatch
):
    monkeypatch.setattr(ModelCache, "of_user", classmethod(lambda cls: cls(tmp_path / "own")))
    cache.write_text("a file")
    built: list[float] = []
    for _ in range(2):
        assert [[3, 6]] in answers(CompiledNetwork.of(builder(3.0, built), "three"))
    assert built == [3.0]
    assert [*(tmp_path / "own").glob("files/*/network.tflite")]


def test_what_the_shared_cache_has_is_used_from_there(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(ModelCache, "of_user", classmethod(lambda cls: cls(tmp_path / "own")))
    built: list[float] = []
    for _ in range(2):
        CompiledNetwork.of(builder(3.0, built), "three")
    assert built == [3.0]
    assert not (tmp_path / "own").exists()


def test_with_a_checksum_nothing_is_taken_from_where_others_write(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(ModelCache, "of_user", classmethod(lambda cls: cls(tmp_path / "own")))
    built: list[float] = []
    CompiledNetwork.of(builder(5.0, built), "three")  # somebody else's, under the name of this one
    for _ in range(2):
        network = CompiledNetwork.of(builder(3.0, built), "three", is_pinned=True)
        assert [[3, 6]] in answers(network)
    assert built == [5.0, 3.0]
    assert [*(tmp_path / "own").glob("files/*/network.tflite")]


@pytest.mark.parametrize("data", [b"", b"hostile", b"TFL3" * 100])
def test_no_network_is_refused(data):
    with pytest.raises(ModelFormatError):
        CompiledNetwork(data, "x")
