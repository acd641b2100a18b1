import numpy as np
import pandas as pd
import pytest

from runner.reporting.training_figures import layer_norms, learning_rate

EPOCHS = np.arange(1, 21)


@pytest.mark.parametrize(
    ("rates", "scale"),
    [
        (1e-3 * 0.7**EPOCHS, "log"),
        (1e-3 * 0.9**EPOCHS, "linear"),
        (1e-3 * (1 + np.cos(np.pi * (EPOCHS - 1e-3) / 20)) / 2, "linear"),  # whose last step is as good as 0
        (np.linspace(1e-3, 0, 20), "linear"),
    ],
    ids=["three decades", "one decade", "cosine", "down to 0"],
)
def test_the_axis_is_logarithmic_where_the_rates_span_more_than_two_decades(rates, scale):
    (axes,) = learning_rate(pd.DataFrame({"epoch": EPOCHS, "learning_rate": rates}), "").axes
    assert axes.get_yscale() == scale
    assert axes.lines[0].get_ydata().tolist() == rates.tolist()


def norms(layers: int, scale: float = 1.0) -> pd.DataFrame:
    columns = {"epoch": np.array([1, 2, 3])}
    for layer in range(layers):
        columns[f"block.{layer}.gradient"] = scale * np.array([3.0, 2.0, 1.0]) / (layer + 1)
        columns[f"block.{layer}.weight"] = scale * np.array([10.0, 11.0, 12.0]) * (layer + 1)
    return pd.DataFrame(columns)


def test_gradients_and_weights_have_a_panel_each_and_every_layer_a_line():
    left, right = layer_norms(norms(3), "").axes
    assert [line.get_ydata().tolist() for line in left.lines] == [[3, 2, 1], [1.5, 1, 0.5], [1, 2 / 3, 1 / 3]]
    assert [line.get_ydata().tolist() for line in right.lines] == [[10, 11, 12], [20, 22, 24], [30, 33, 36]]
    assert left.get_yscale() == right.get_yscale() == "log"


def test_few_layers_are_named_in_a_legend_outside_the_panels():
    figure = layer_norms(norms(3), "")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["block.0", "block.1", "block.2"]


def test_many_layers_have_a_colour_of_their_own_and_a_bar_that_names_the_first_and_the_last():
    figure = layer_norms(norms(22), "")
    left, _, bar = figure.axes
    assert len({line.get_color().tobytes() for line in left.lines}) == 22
    names = [label.get_text() for label in bar.get_yticklabels()]
    assert names[0] == "block.0"
    assert names[-1] == "block.21"
    assert len(names) < 10
    assert not figure.legends


@pytest.mark.parametrize("scale", [0.0, np.nan])
def test_norms_without_a_logarithm_are_drawn_without_a_warning(scale):
    layer_norms(norms(2, scale), "").canvas.draw()


@pytest.mark.parametrize(
    "rates", [1e-3 * 0.99**EPOCHS, np.r_[5e-4, np.full(19, 1e-3)]], ids=["a slow decay", "a warm-up of two epochs"]
)
def test_what_the_rate_does_takes_the_height_of_the_panel(rates):
    (axes,) = learning_rate(pd.DataFrame({"epoch": EPOCHS, "learning_rate": rates}), "").axes
    low, high = axes.get_ylim()
    assert np.ptp(rates) > 0.8 * (high - low)


def test_where_every_step_is_known_a_warm_up_within_an_epoch_is_seen():
    steps = pd.DataFrame({"learning_rate": [*np.linspace(0, 1e-3, 5), *np.full(15, 1e-3)]})
    history = pd.DataFrame({"epoch": [1, 2], "learning_rate": [1e-3, 1e-3]})
    (axes,) = learning_rate(history, "", steps).axes
    each, last = axes.lines
    assert each.get_ydata().tolist() == steps["learning_rate"].tolist()
    assert each.get_xdata()[[9, 19]].tolist() == last.get_xdata().tolist() == [1, 2]
