from typing import Any

import numpy as np
import pytest

from marcelle_nb import plots
from marcelle_nb.components.training_history import TrainingHistory
from marcelle_nb.models.mlp import MLP

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [4.0, 3.0, 2.0], "accuracy": [0.1, 0.2, 0.3]}


def axes_of(figure) -> list[Any]:
    return list(figure.axes)


def lines(axes):
    return {line.get_label(): line.get_ydata().tolist() for line in axes.lines}


def trained():
    model = MLP(layers=[4], epochs=2, seed=0)
    return model, model.train([{"x": [i, i % 2], "y": "ab"[i % 2]} for i in range(12)]).wait(60)


def test_each_metric_has_a_chart_with_its_validation():
    figure = plots.training(HISTORY)
    loss, accuracy = axes_of(figure)
    assert lines(loss) == {"loss": HISTORY["loss"], "val loss": HISTORY["val_loss"]}
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert (loss.get_title(), accuracy.get_title()) == ("loss", "accuracy")
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_run_and_a_model_are_drawn_alike():
    model, run = trained()
    figures = [plots.training(source) for source in (run, model, run.history)]
    first, *others = [[lines(axes) for axes in axes_of(figure)] for figure in figures]
    assert [len(values) for values in first[0].values()] == [2, 2]
    assert others == [first, first]


def test_charts_are_chosen_by_key_by_list_or_by_name():
    assert [axes.get_title() for axes in axes_of(plots.training(HISTORY, "loss"))] == ["loss"]
    titles = [axes.get_title() for axes in axes_of(plots.training(HISTORY, ["loss", "accuracy"]))]
    assert titles == ["loss", "accuracy"]
    (axes,) = axes_of(plots.training(HISTORY, {"both": ["loss", "accuracy"]}))
    assert [*lines(axes)] == ["loss", "accuracy"]


def test_a_metric_that_was_not_measured_is_said_and_drops_no_other():
    first, second = axes_of(plots.training(HISTORY, ["unknown", "loss"]))
    assert first.texts[0].get_text() == "not measured"
    assert len(second.lines) == 1


def test_a_model_that_was_not_trained_has_empty_charts(tmp_path):
    figure = plots.training(MLP())
    assert [axes.get_title() for axes in axes_of(figure)] == ["loss", "accuracy"]
    figure.savefig(tmp_path / "empty.png")


def test_numbers_that_are_none_leave_a_gap(tmp_path):
    figure = plots.training({"loss": [1.0, np.inf, np.nan, 1e305], "$x$": [1]})
    figure.savefig(tmp_path / "gaps.png")
    assert np.isnan(axes_of(figure)[0].lines[0].get_ydata()[1:]).all()


@pytest.mark.parametrize("source", [3, "loss", [1, 2], None])
def test_what_has_no_history_is_refused(source):
    with pytest.raises(TypeError, match="source: expected a run, a model, or a dict"):
        plots.training(source)


@pytest.mark.parametrize("history", [{"loss": 3}, {"loss": ["a"]}, {"loss": [[1], [2]]}])
def test_a_history_is_lists_of_numbers(history):
    with pytest.raises(TypeError, match="expected a list of numbers, one an epoch"):
        plots.training(history)


def test_a_run_of_a_history_is_drawn(tmp_path):
    history = TrainingHistory(tmp_path / "runs.db")
    model = MLP(layers=[4], epochs=2, seed=0)
    history.track(model, "own")
    run = model.train([{"x": [i, i % 2], "y": "ab"[i % 2]} for i in range(12)]).wait(60)
    of_run, of_store = (plots.training(it) for it in (run, history.get("own-1")))
    assert [lines(it) for it in axes_of(of_store)] == [lines(it) for it in axes_of(of_run)]
    document = next(iter(history.runs.items()))
    assert [axes.get_title() for axes in axes_of(plots.training(document))] == ["loss", "accuracy"]
    history.close()
    history.store.close()


def test_metrics_have_the_names_of_any_marcelle():
    told = {"loss": [1.0], "acc": [0.5], "lossVal": [2.0], "accVal": [0.25]}
    loss, accuracy = axes_of(plots.training(told))
    assert lines(loss) == {"loss": [1.0], "val loss": [2.0]}
    assert lines(accuracy) == {"accuracy": [0.5], "val accuracy": [0.25]}
    (axes,) = axes_of(plots.training(HISTORY, {"both": ["acc", "lossVal"]}))
    assert [*lines(axes)] == ["accuracy", "val loss"]


def test_shares_of_components_are_not_drawn_over_epochs():
    (axes,) = axes_of(plots.training({"explained_variance": [0.75, 0.25]}))
    assert axes.get_xlabel() == "component"


def test_of_very_many_metrics_the_first_are_drawn_and_the_figure_says_so():
    figure = plots.training({f"m{i}": [1.0, 2.0] for i in range(15)})
    assert [axes.get_title() for axes in axes_of(figure)] == [f"m{i}" for i in range(12)]
    assert "the first 12 of 15 metrics" in figure.get_suptitle()


def test_too_many_charts_that_were_asked_for_are_refused():
    with pytest.raises(ValueError, match="expected at most 12 charts"):
        plots.training(HISTORY, [str(i) for i in range(13)])
