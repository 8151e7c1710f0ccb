from typing import Any

import numpy as np
import pytest

from marcelle_nb import plots
from marcelle_nb.models.batch_prediction import BatchPrediction


def axes_of(figure) -> list[Any]:
    return list(figure.axes)


def test_what_is_true_goes_to_the_right_and_what_was_predicted_upwards():
    figure = plots.regression([1, 2, 3], np.array([1.5, 2.5, 3.5]))
    (axes,) = axes_of(figure)
    assert axes.collections[0].get_offsets().tolist() == [[1, 1.5], [2, 2.5], [3, 3.5]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("true", "predicted")
    assert axes.get_title() == "MAE 0.5, RMSE 0.5, R² 0.625"
    assert figure.get_suptitle() == "3 predictions"
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_each_output_has_a_chart():
    both = np.arange(8.0).reshape(4, 2)
    figure = plots.regression(both, both)
    assert [axes.get_title() for axes in axes_of(figure)] == [
        f"output {place}: MAE 0, RMSE 0, R² 1" for place in (1, 2)
    ]


def test_a_batch_is_drawn_and_what_is_no_number_is_left_out():
    batch = BatchPrediction("a line")
    batch.predictions.create([{"output": 1.0, "yTrue": "2"}, {"output": 1.0, "yTrue": "b"}])
    figure = plots.regression(batch)
    assert figure.get_suptitle() == "a line: 1 prediction, 1 left out"
    batch.clear()


def test_nothing_and_equal_numbers_are_drawn_too(tmp_path):
    assert plots.regression([], []).axes == []
    plots.regression([0, 0], [0, 0]).savefig(tmp_path / "zero.png")
    plots.regression([1e307, 1e307], [1e307, -1e307]).savefig(tmp_path / "large.png")
    plots.regression([1e308, 1], [-1e308, 1]).savefig(tmp_path / "larger.png")
    plots.regression([1e308], [-1e308]).savefig(tmp_path / "largest.png")


def test_lists_of_other_lengths_are_refused():
    with pytest.raises(
        ValueError, match="expected 2 predictions, one for each that is true, got 1"
    ):
        plots.regression([1, 2], [1])
