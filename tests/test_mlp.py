from typing import Any

import numpy as np
import pytest

from marcelle_nb.errors import TrainingError
from marcelle_nb.models.mlp import MLP
from tests.eventually import eventually

RNG = np.random.default_rng(0)
ROWS = [
    {"x": RNG.normal(2.0 if n % 2 else -2.0, 1, 4), "y": "odd" if n % 2 else "even"}
    for n in range(40)
]
ALL = {"loss", "accuracy", "val_loss", "val_accuracy"}


def small(**parameters):
    return MLP(**{"layers": [8], "epochs": 3, "seed": 7, **parameters})


def events_of(model, rows=ROWS, **options):
    events: list[Any] = []
    model.training.subscribe(events.append)
    run = model.train(rows, **options)
    eventually(lambda: run.done)
    return events[1:]


def test_a_training_emits_start_each_epoch_from_one_and_success():
    events = [(e.status, e.epoch, e.epochs) for e in events_of(small())]
    epochs = [("epoch", n, 3) for n in (1, 2, 3)]
    assert events == [("start", None, 3), *epochs, ("success", None, None)]


def test_each_epoch_carries_loss_and_accuracy_of_both_parts():
    for event in events_of(small())[1:-1]:
        assert set(event.data) == ALL
        assert all(np.isfinite(value) for value in event.data.values())


def test_success_carries_a_list_for_each_metric():
    *_, last = events = events_of(small())
    assert last.data == {key: [event.data[key] for event in events[1:-1]] for key in last.data}


def test_the_history_of_the_run_is_that_of_success():
    model = small()
    run = model.train(ROWS).wait(60)
    assert run.history == model.training.value.data


@pytest.mark.parametrize("split", [0, 0.001])
def test_without_validation_rows_there_are_no_validation_metrics(split):
    assert set(small(validation_split=split).train(ROWS).wait(60).history) == {"loss", "accuracy"}


def test_a_label_of_one_row_gives_none_away():
    rows = [{"x": [0, 1], "y": "a"}, {"x": [1, 0], "y": "b"}]
    assert set(small(validation_split=1).train(rows).wait(60).history) == {"loss", "accuracy"}


def test_it_learns():
    model = small(epochs=15)
    run = model.train(ROWS).wait(60)
    assert run.history["loss"][-1] < run.history["loss"][0]
    assert model.predict([2, 2, 2, 2]).label == "odd"


@pytest.mark.parametrize(
    "rows", [[{"x": [1, 2], "y": "a"}], [{"x": [i, 1], "y": "a"} for i in range(9)]]
)
def test_fewer_than_two_labels_are_an_error_alone(rows):
    (event,) = events_of(small(), rows)
    assert event.status == "error"
    assert (
        event.data["message"]
        == "MLP: expected at least 2 different labels, got only 'a': record another one"
    )


# Validation datasets


def test_a_validation_dataset_overrides_the_split():
    plain = small(validation_split=0).train(ROWS).wait(60).history
    run = small(validation_split=0.5).train(ROWS, validation_dataset=ROWS[:6]).wait(60)
    assert set(run.history) == ALL
    assert len(plain["loss"]) == 3


def test_with_a_validation_dataset_all_rows_train():
    model = small(validation_split=0.9, epochs=1)
    rows = [*ROWS, {"x": [0, 0, 0, 0], "y": "once"}]
    model.train(rows, validation_dataset=ROWS[:2]).wait(60)
    assert model.labels == ["even", "odd", "once"]


def test_labels_that_were_not_trained_count_as_wrong():
    unseen = [{"x": row["x"], "y": "unseen"} for row in ROWS]
    history = small().train(ROWS, validation_dataset=unseen).wait(60).history
    assert history["val_accuracy"] == [0, 0, 0]
    assert np.isfinite(history["val_loss"]).all()


def test_an_empty_validation_dataset_gives_no_validation_metrics():
    history = small(validation_split=0.5).train(ROWS, validation_dataset=[]).wait(60).history
    assert set(history) == {"loss", "accuracy"}


@pytest.mark.parametrize(
    "bad",
    [[{"x": [1, 2], "y": "odd"}], [{"x": [1, 2, 3, float("nan")], "y": "odd"}], [{"y": "odd"}], 3],
)
def test_a_bad_validation_dataset_is_an_error_alone(bad):
    (event,) = events_of(small(), validation_dataset=bad)
    assert event.status == "error"


# Parameters during a run


def on_epoch(model, number, action):
    model.training.subscribe(
        lambda status: action() if (status.status, status.epoch) == ("epoch", number) else None
    )


def test_more_epochs_asked_for_during_a_run_are_made():
    model = small(epochs=3)
    on_epoch(model, 2, lambda: model.parameters.epochs.set(5))
    events = events_of(model)
    assert [event.epochs for event in events] == [3, 3, 3, 5, 5, 5, None]
    assert "stopped" not in events[-1].data


def test_fewer_epochs_asked_for_during_a_run_end_it():
    model = small(epochs=50)
    on_epoch(model, 2, lambda: model.parameters.epochs.set(1))
    events = events_of(model)
    assert [event.status for event in events] == ["start", "epoch", "epoch", "success"]
    assert "stopped" not in events[-1].data


def test_epochs_raised_at_the_very_end_are_not_taken_for_a_stop():
    model = small(epochs=2)
    publish = model._publish

    def raise_epochs(*args):
        publish(*args)
        if model.training.value.epoch == 2:
            model.parameters.epochs.set(9)

    model._publish = raise_epochs
    assert "stopped" not in events_of(model)[-1].data


def test_layers_and_batch_size_count_from_the_next_training_on():
    model = small()
    on_epoch(
        model, 1, lambda: (model.parameters.layers.set([2]), model.parameters.batch_size.set(1))
    )
    model.train(ROWS).wait(60)
    before = model._fitted.network.parameters.size
    model.train(ROWS).wait(60)
    assert model._fitted.network.parameters.size < before


# Cancel


def test_a_cancelled_run_keeps_its_weights_and_says_stopped():
    model = small(epochs=100_000)

    def cancel():
        model._active.cancel()

    on_epoch(model, 2, cancel)
    events = events_of(model)
    assert [event.status for event in events] == ["start", "epoch", "epoch", "success"]
    assert events[-1].data["stopped"] is True
    assert len(events[-1].data["loss"]) == 2
    assert model.predict(ROWS[0]["x"]).label in {"odd", "even"}


def test_a_run_cancelled_before_its_first_epoch_leaves_a_model_that_answers():
    model = small()
    model.training.subscribe(lambda s: model._active.cancel() if s.status == "start" else None)
    events = events_of(model)
    assert [event.status for event in events] == ["start", "success"]
    assert events[-1].data == {"stopped": True}
    assert model.ready


def test_predictions_change_from_epoch_to_epoch_while_it_trains():
    model, answers = small(epochs=4), []
    for number in range(1, 5):
        on_epoch(
            model, number, lambda: answers.append(model.predict([2, 2, 2, 2]).confidences["odd"])
        )
    model.train(ROWS).wait(60)
    assert len(set(answers)) == 4


# Seeds


def weights(**parameters):
    model = small(**parameters)
    history = model.train(ROWS).wait(60).history
    return model._fitted.network.parameters.tobytes(), history


def test_a_seed_makes_a_training_repeatable_bit_by_bit():
    assert weights(seed=3) == weights(seed=3)


def test_a_seed_makes_the_second_training_like_the_first():
    model = small(seed=3)
    first = model.train(ROWS).wait(60).history
    assert model.train(ROWS).wait(60).history == first


def test_another_seed_and_none_give_other_weights():
    assert len({weights(seed=seed)[0] for seed in (1, 2, None, None)}) == 4


@pytest.mark.parametrize("seed", [-1, 1.5, "3", True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises((TypeError, ValueError), match="seed: expected a whole number >= 0"):
        MLP(seed=seed)


@pytest.mark.parametrize(
    "bad",
    [
        {"layers": [0]},
        {"layers": "64"},
        {"layers": [10] * 21},
        {"epochs": 0},
        {"epochs": True},
        {"batch_size": 0},
        {"validation_split": 1.1},
        {"validation_split": "0.2"},
        {"validation_split": float("nan")},
    ],
    ids=str,
)
def test_a_bad_parameter_is_refused_by_name(bad):
    with pytest.raises((TypeError, ValueError), match=f"^{next(iter(bad))}"):
        MLP(**bad)


def test_no_hidden_layer_gives_a_linear_classifier():
    model = small(layers=[])
    model.train(ROWS).wait(60)
    assert model.predict([2, 2, 2, 2]).label in {"odd", "even"}


def test_very_large_numbers_end_in_an_answer_or_an_error_not_in_start():
    rows = [{"x": [3e38 * s, 1], "y": str(s)} for s in (-1, 1)]
    events = events_of(small(validation_split=0), rows)
    assert events[-1].status in {"success", "error"}


def test_a_training_can_be_waited_for_in_a_failed_state():
    with pytest.raises(TrainingError, match="record something first"):
        small().train([]).wait(60)


def test_images_are_learned_from_their_bytes_as_from_numbers():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (20, 4, 5, 3), dtype=np.uint8)
    flat = images.reshape(20, -1).astype(np.float32) / np.float32(255)
    weights = []
    for xs in (images, flat):
        model = MLP(layers=[4], epochs=3, seed=0)
        model.train([{"x": x, "y": "ab"[i % 2]} for i, x in enumerate(xs)]).wait(60)
        weights.append(model._fitted.network.parameters)
        assert model.predict(images[0]) == model.predict(flat[0])
        model.close()
    assert np.array_equal(*weights)
