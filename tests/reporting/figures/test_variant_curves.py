import numpy as np
import pandas as pd

from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.variant_curves import variant_curves
from runner.reporting.sentences import figure_captions


def history(curves):
    """{variant: [one curve per seed]} -> one row per run and epoch."""
    rows, position = [], 0
    for variant, seeds in curves.items():
        for curve in seeds:
            rows += [(position, variant, epoch, value - 0.1, value) for epoch, value in enumerate(curve, start=1)]
            position += 1
    return pd.DataFrame(rows, columns=["position", "variant", "epoch", "accuracy", "val_accuracy"])


def test_variants_with_one_schedule_share_a_line():
    frame = history({"a": [[0.1, 0.05]], "b": [[0.1, 0.05]], "c": [[0.1, 0.1]]})
    styles = variant_styles(["a", "b", "c"], ["a", "b", "c"], "a")
    figure = variant_curves(frame, "val_accuracy", "learning rate", "", styles)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "a, b (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}2)",
        "c (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1)",
    ]


def test_schedules_that_differ_by_less_than_a_line_share_one():
    frame = history({"a": [[0.09998, 0.09994]], "b": [[0.09999, 0.09998]], "c": [[0.1, 0.0994]]})
    styles = variant_styles(["a", "b", "c"], ["a", "b", "c"], "a")
    figure = variant_curves(frame, "val_accuracy", "learning rate", "", styles)
    assert [text.get_text()[:4] for text in figure.legends[0].get_texts()][:2] == ["a, b", "c (n"]


def test_variants_that_share_a_faint_line_are_each_counted():
    variants = [f"v{n:02d}" for n in range(14)]
    frame = history({variant: [[n / 20, n / 10] if n < 6 else [0.1, 0.1]] for n, variant in enumerate(variants)})
    figure = variant_curves(frame, "val_accuracy", "learning rate", "", variant_styles(variants, variants, "v00"))
    assert "8 other variants" in [text.get_text() for text in figure.legends[0].get_texts()]


def of_grid(curve):
    """A grid of two by four, of which each variant has the value `curve(panel, line)` in three epochs."""
    cells = {f"{panel}{line}": (str(line), f"model.units={panel}") for panel in (8, 16) for line in range(4)}
    rows = [
        {"position": place, "variant": variant, "epoch": epoch, "norm": curve(place // 4, place % 4)}
        for place, variant in enumerate(cells)
        for epoch in (1, 2, 3)
    ]
    styles = variant_styles([*cells], [], None) | variant_styles([*"0123"], [], None)
    return variant_curves(pd.DataFrame(rows), "norm", "norm", "", styles, cells=cells, key="learning_rate"), styles


def test_a_grid_has_a_panel_for_each_cell_with_the_colours_of_the_values_on_one_scale():
    figure, styles = of_grid(lambda panel, line: 1 + panel + line / 10)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["units=8", "units=16"]
    for axes in figure.axes:
        drawn = [line.get_color() for line in axes.lines if len(line.get_xdata())]
        assert drawn == [styles[name].color for name in "0123"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    (legend,) = figure.legends
    assert legend.get_title().get_text() == "learning_rate"
    assert [text.get_text() for text in legend.get_texts()][:4] == [*"0123"]


def test_a_grid_with_few_different_curves_has_one_panel():
    figure, _ = of_grid(lambda _, line: line)
    assert len(figure.axes) == 1


def test_a_line_that_all_cells_share_has_the_name_and_the_colour_of_its_value():
    figure, styles = of_grid(lambda _, line: line)
    (legend,) = figure.legends
    texts = [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in legend.get_texts()]
    assert texts == [f"{name}: 2 variants" for name in "0123"]
    assert legend.get_title().get_text() == "learning_rate"
    assert [line.get_color() for line in legend.get_lines()] == [styles[name].color for name in "0123"]


def test_lines_that_several_values_share_name_the_variants():
    figure, _ = of_grid(lambda _, line: line // 2)
    assert [text.get_text().partition(" (")[0].count(",") for text in figure.legends[0].get_texts()] == [3, 3]


def test_equal_curves_of_a_cell_are_dashed_in_turn():
    figure, _ = of_grid(lambda panel, line: 1 + panel + max(line, 1 - panel) / 10)
    first, second = ([line.get_linestyle() for line in axes.lines if len(line.get_xdata())] for axes in figure.axes)
    assert first == ["--", "--", "-", "-"]
    assert second == ["-"] * 4


def test_decaying_learning_rates_have_a_linear_axis():
    frame = history({"a": [[0.3, 0.1, 1e-6]], "b": [[0.1, 0.05, 1e-6]]}).rename(
        columns={"val_accuracy": "learning_rate"}
    )
    figure = variant_curves(frame, "learning_rate", "", "", variant_styles(["a", "b"], ["a", "b"], "a"))
    assert figure.axes[0].get_yscale() == "linear"


def norms(curves):
    """Draw gradient norms: {variant: [one curve per seed]}."""
    frame = history(curves).rename(columns={"val_accuracy": "norm"})
    return variant_curves(frame, "norm", "norm", "", variant_styles([*curves], [*curves], None))


def test_a_diverging_run_leaves_the_panel_and_all_other_norms_stay_visible():
    figure = norms({"a": [[1.0, 1.1, 1.0, 0.9]] * 4, "b": [[0.1, 0.1, 0.1, 0.1]] * 3 + [[0.1, 0.1, 0.1, 1e7]]})
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    assert 0 < low < 0.1
    assert 1.1 < high < 2
    assert [text.get_text() for text in axes.texts] == ["b: up to 2.5e+06 \N{UPWARDS ARROW}"]
    bands = {float(x) for band in axes.collections for path in band.get_paths() for x in path.vertices[:, 0]}
    assert 4 not in bands  # neither is the band of a mean above the panel


def test_equal_norms_stay_visible_below_a_diverging_run():
    (axes,) = norms({"a": [[1.0, 1.0, 1.0]] * 3, "b": [[1.0, 1.0, 1e7]]}).axes
    low, high = axes.get_ylim()
    assert low < 1 < high < 2


def test_norms_that_decay_after_the_first_epoch_stay_on_a_logarithmic_axis():
    figure = norms({"a": [[35.0, 2.0, 1.0, 1.0]], "b": [[1.0, 1.0, 1.0, 1.0]]})
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_ylim()[1] > 35
    assert not figure.axes[0].texts


def test_a_variant_whose_norms_are_all_infinite_is_named():
    figure = norms({"a": [[1.0, 2.0]], "b": [[float("inf")] * 2]})
    texts = [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in figure.legends[0].get_texts()]
    assert texts == ["a", "b (no finite value)"]


def test_a_panel_of_a_grid_names_the_values_without_a_curve():
    figure, _ = of_grid(lambda panel, line: float("nan") if panel and line == 2 else 1 + panel + line / 10)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["units=8", "units=16 (no finite value: 2)"]


def test_a_small_decay_of_the_learning_rate_looks_small():
    frame = history({"a": [[0.01, 0.00998, 0.00996]]}).rename(columns={"val_accuracy": "learning_rate"})
    figure = variant_curves(frame, "learning_rate", "", "", variant_styles(["a"], ["a"], "a"))
    low, high = figure.axes[0].get_ylim()
    assert low == 0
    assert 0.01 < high < 0.012


def test_the_interval_of_learning_rates_does_not_exceed_the_highest_rate():
    """Half of the runs have halved their rate, as with reduce_on_plateau."""
    rows = [
        {"variant": "a", "position": run, "epoch": epoch, "learning_rate": 0.1 / (1 + (epoch > 1 and run < 1))}
        for run in range(5)
        for epoch in (1, 2, 3)
    ]
    figure = variant_curves(
        pd.DataFrame(rows), "learning_rate", "learning rate", "", variant_styles(["a"], ["a"], None)
    )
    (band,) = figure.axes[0].collections
    assert np.isclose(band.get_paths()[0].vertices[:, 1].max(), 0.1)


def test_rates_that_are_constant_within_epochs_are_steps_from_the_beginning_of_the_first():
    frame = history({"drops": [[0.1, 0.1, 0.05]] * 4, "smooth": [[0.09, 0.06, 0.03]] * 4})
    styles = variant_styles(["drops", "smooth"], [], None)
    figure = variant_curves(frame, "val_accuracy", "learning rate", "", styles, stepped={"drops"})
    steps, line = (own for own in figure.axes[0].lines if len(own.get_xdata()) > 1)
    assert (steps.get_drawstyle(), line.get_drawstyle()) == ("steps-pre", "default")
    assert steps.get_xydata().tolist() == [[0, 0.1], [1, 0.1], [2, 0.1], [3, 0.05]]
    assert line.get_xdata().tolist() == [1, 2, 3]
    captions = [*figure_captions._steps_of(figure)]
    assert captions == [
        "Steps are rates that are constant within each epoch.",
        "Other lines join the rates at the ends of the epochs.",
    ]


def test_a_line_that_a_stepped_and_a_smooth_schedule_share_has_no_steps():
    frame = history({"a": [[0.1, 0.05]], "b": [[0.1, 0.05]]})
    figure = variant_curves(
        frame, "val_accuracy", "learning rate", "", variant_styles(["a", "b"], [], None), stepped={"a"}
    )
    assert {line.get_drawstyle() for line in figure.axes[0].lines} == {"default"}
