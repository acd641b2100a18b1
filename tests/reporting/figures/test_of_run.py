from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from runner.core.omissions import LeftOut
from runner.records.run_directory import RunDirectory
from runner.reporting.figures.dots import dots
from runner.reporting.figures.drawing.appearance import ONE_COLUMN
from runner.reporting.figures.drawing.canvas import save_figure
from runner.reporting.figures.of_run import curves, layer_norms, learning_rate
from runner.reporting.run_figures import run_figures


def lines(figure):
    (axes,) = figure.axes
    return [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in axes.lines]


def test_curves_draw_training_and_validation_as_they_are():
    history = pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1.0], "val_loss": [3.0, 2.5]})
    figure = curves(history, "loss", "a title")
    (epochs, training), (_, validation) = lines(figure)
    assert epochs.tolist() == [1, 2]
    assert training.tolist() == [2.0, 1.0]
    assert validation.tolist() == [3.0, 2.5]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["training", "validation"]


def test_of_a_diverged_run_the_finite_part_is_drawn_and_the_end_marked():
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "loss": [2.0, 900.0, np.nan],
            "val_loss": [3.0, np.inf, np.nan],
            "accuracy": [0.2, 0.1, 0.1],
        }
    )
    figure = curves(history, "loss", "", diverged=2)
    (_, training), (_, validation), (mark, _) = lines(figure)
    assert training[:2].tolist() == [2.0, 900.0]
    assert np.isnan(training[2])
    assert np.isnan(validation[1:]).all()
    assert set(mark) == {2}
    assert figure.axes[0].get_yscale() == "log"
    assert "diverged in epoch 2" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert curves(history, "accuracy", "", diverged=2).axes[0].get_yscale() == "linear"


def test_without_any_finite_value_a_figure_says_so():
    figure = curves(pd.DataFrame({"epoch": [1], "loss": [np.nan], "val_loss": [np.inf]}), "loss", "", diverged=1)
    figure.canvas.draw()
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["no finite value"]
    assert axes.get_xlim() == (0.5, 1.5)


def test_a_run_s_figures_mark_where_it_diverged(make_run):
    run = make_run("lost", status="diverged", accuracies=(0.5, 0.25, 0.125))
    table = pd.read_csv(run / "history.csv")
    table.loc[1:, "val_loss"] = np.nan
    table.to_csv(run / "history.csv", index=False, na_rep="nan")
    directory = RunDirectory(run)
    for status, marked in (("diverged", True), ("completed", False)):
        record = replace(directory.read_record(), status=status)
        figure = dict(run_figures(directory, record, LeftOut()))["loss.png"]()
        names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        assert ("diverged in epoch 2" in names) == marked


def test_accuracy_is_labelled_in_percent():
    figure = curves(pd.DataFrame({"epoch": [1, 2], "accuracy": [0.5, 0.6]}), "accuracy", "")
    figure.canvas.draw()
    assert figure.axes[0].get_ylabel() == "accuracy (%)"
    assert figure.axes[0].yaxis.get_major_formatter()(0.5) == "50"


def test_a_name_with_dollar_signs_is_drawn_as_it_is():
    figure = curves(pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.6]}), "loss", r"costs $\frac$ 3 or $5")
    figure.canvas.draw()
    assert figure.get_suptitle() == r"costs \$\frac\$ 3 or \$5"


def test_a_long_title_is_broken_at_its_commas_and_not_cut_off():
    title = (
        "optimizer=momentum,optimizer.learning_rate=0.03,regularizer=[l2,dropout],model=mlp_two_hidden,schedule=step, 0"
    )
    figure = curves(pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.6]}), "loss", title)
    figure.canvas.draw()
    (drawn,) = (text for text in figure.findobj(Text) if "momentum" in text.get_text())
    assert "\n" in drawn.get_text()
    assert drawn.get_window_extent().x1 <= figure.bbox.x1


def test_a_single_epoch_has_one_tick():
    figure = curves(pd.DataFrame({"epoch": [1], "loss": [0.5]}), "loss", "")
    figure.canvas.draw()
    low, high = figure.axes[0].get_xlim()
    assert [tick for tick in figure.axes[0].get_xticks() if low <= tick <= high] == [1]


@pytest.mark.parametrize("epochs", [2, 3, 5, 7, 10, 13, 20, 21, 99, 100, 101, 150, 1000])
def test_the_first_and_the_last_epoch_have_a_tick_and_no_two_ticks_touch(epochs):
    history = pd.DataFrame({"epoch": range(1, epochs + 1), "loss": np.linspace(2, 1, epochs)})
    figure = curves(history, "loss", "")
    figure.set_figwidth(ONE_COLUMN)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    ticks = axes.get_xticks()
    assert (ticks[0], ticks[-1]) == (1, epochs)
    assert (ticks == ticks.round()).all()
    assert len(ticks) >= min(epochs, 4)
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.parametrize("epochs", [8, 9, 10, 11, 12, 14])
def test_few_epochs_have_ticks_at_equal_distances(epochs):
    history = pd.DataFrame({"epoch": range(1, epochs + 1), "loss": np.linspace(2, 1, epochs)})
    (axes,) = curves(history, "loss", "").axes
    axes.figure.draw_without_rendering()
    assert len({*np.diff(axes.get_xticks())}) == 1


@pytest.mark.parametrize("suffix", [".png", ".svg"])
@pytest.mark.parametrize("labels", [["a"], ["a name that takes the left half of the figure, or nearly so"]])
def test_a_title_begins_where_the_axes_do_or_ends_where_the_figure_does(tmp_path, suffix, labels):
    values = pd.DataFrame({"variant": labels, "x": [0.5]})
    for title, has_room in {"short": True, "as long as one line of a title can be " * 3: labels == ["a"]}.items():
        figure = dots(values, "x", "", title, share=False)
        save_figure(figure, tmp_path / f"figure{suffix}")
        (drawn,) = (text for text in figure.findobj(Text) if text.get_text() == figure.get_suptitle())
        box = drawn.get_window_extent()
        assert box.x1 <= figure.bbox.x1
        if has_room:
            assert drawn.get_position()[0] == pytest.approx(figure.axes[0].get_position().x0)


EPOCHS = np.arange(1, 21)


@pytest.mark.parametrize(
    ("rates", "scale"),
    [
        (1e-3 * 0.7**EPOCHS, "log"),
        (1e-3 * 0.9**EPOCHS, "linear"),
        (1e-3 * (1 + np.cos(np.pi * (EPOCHS - 1e-3) / 20)) / 2, "linear"),  # the rate of its last step is almost 0
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
