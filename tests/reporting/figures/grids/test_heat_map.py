import numpy as np
import pandas as pd
import pytest

from runner.reporting.figures.drawing.axes import varying_axes
from runner.reporting.figures.drawing.drawn_data import drawn_data
from runner.reporting.figures.grids.heat_map import heat_map
from tests.reporting.figures.grids.test_sensitivity import GRID, frame


def test_a_heat_map_has_the_mean_and_deviation_of_every_cell():
    overrides = frame(*GRID, *GRID).assign(score=[0.5, 0.6, 0.1, 0.7, 0.9, np.nan, 0.7, 0.6, 0.3, 0.7, 0.9, np.nan])
    figure = heat_map(
        overrides, *varying_axes(overrides[["optimizer", "optimizer.learning_rate"]]), "test_accuracy", ""
    )
    axes = figure.axes[0]
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert texts[0, 0] == "60.00\n± 0.00"  # sgd at 0.01
    assert texts[1, 0] == "60.00\n± 14.14"
    assert texts[2, 1] == "-"  # adam at 1 diverged
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.01", "0.1", "1"]  # as on an axis
    assert axes.images[0].get_array()[1, 0] == pytest.approx(0.9)
    assert axes.images[0].get_array().mask[1, 2]
    assert axes.patch.get_hatch()  # unlike any colour of the map
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("learning rate", "optimizer")
    assert figure.axes[1].get_ylabel() == "mean test accuracy (%)"


@pytest.mark.parametrize(("metric", "end"), [("test_accuracy", "min"), ("test_loss", "max")])
def test_collapsed_cells_do_not_determine_the_colours(metric, end):
    scores = np.array([0.1, 0.87, 0.89, 0.91, 0.92, 0.25])
    points = frame(*GRID).assign(score=scores if end == "min" else 1 - scores)
    figure = heat_map(points, *varying_axes(points[["optimizer", "optimizer.learning_rate"]]), metric, "")
    (image,) = figure.axes[0].images
    assert image.get_clim() == pytest.approx((0.87, 0.92) if end == "min" else (0.08, 0.13))
    assert image.colorbar.extend == end
    assert "10.00" in " ".join(text.get_text() for text in figure.axes[0].texts) or end == "max"


def test_means_of_one_size_determine_the_colours_together():
    points = frame(*GRID).assign(score=[0.8, 0.87, 0.89, 0.91, 0.92, 0.85])
    figure = heat_map(points, *varying_axes(points[["optimizer", "optimizer.learning_rate"]]), "test_accuracy", "")
    assert figure.axes[0].images[0].get_clim() == pytest.approx((0.8, 0.92))
    assert figure.axes[0].images[0].colorbar.extend == "neither"


def over_datasets(baseline, metric="test_accuracy"):
    """Return a heat map of an easy and a hard data set, on which b is better than a, and c worse."""
    means = {("easy", "a"): 0.98, ("easy", "b"): 0.99, ("easy", "c"): 0.97}
    means |= {("hard", "a"): 0.40, ("hard", "b"): 0.45, ("hard", "c"): np.nan}
    points = pd.DataFrame([(*key, score) for key, score in means.items()], columns=["dataset", "optimizer", "score"])
    axes = varying_axes(points[["optimizer", "dataset"]])
    figure = heat_map(points, *axes, metric, "", baseline)
    return figure, figure.axes[0]


def test_each_data_set_is_coloured_by_the_difference_from_the_baseline_on_its_own_scale():
    _, axes = over_datasets("a")
    easy, hard = (image.get_array()[:, 0] for image in axes.images)
    assert easy.tolist() == pytest.approx([0, 0.01, -0.01])
    assert hard.tolist()[:2] == pytest.approx([0, 0.05])
    assert hard.mask[2]
    assert [image.get_clim() for image in axes.images] == [pytest.approx((-end, end)) for end in (0.01, 0.05)]
    white, better, worse = axes.images[0].to_rgba(np.array([0, 0.01, -0.01]))[:, :3]
    assert white.min() > 0.99
    assert better[2] > better[0]  # blue
    assert worse[0] > worse[2]  # orange
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["a (baseline)", "b", "c"]


def test_of_a_loss_less_is_better():
    _, axes = over_datasets("a", "test_loss")
    less = axes.images[0].to_rgba(np.array([-0.01]))[0]
    assert less[2] > less[0]


def test_without_a_baseline_each_data_set_has_its_own_scale():
    figure, axes = over_datasets(None)
    assert [image.get_clim() for image in axes.images] == [(0.97, 0.99), (0.40, 0.45)]
    assert len(figure.axes) == 1  # no colour bar


def test_the_best_of_each_data_set_is_bold():
    _, axes = over_datasets("a")
    assert [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"] == [
        "99.00\n(+1.00)",
        "45.00\n(+5.00)",
    ]


def test_the_data_of_the_columns_have_their_places():
    figure, _ = over_datasets(None)
    data = drawn_data(figure)
    images = data[data["kind"] == "image"]
    assert [*zip(images["x"], images["y"], images["low"], strict=True)][:4] == [
        (0, 0, 0.98), (0, 1, 0.99), (0, 2, 0.97), (1, 0, 0.40)
    ]  # fmt: skip
