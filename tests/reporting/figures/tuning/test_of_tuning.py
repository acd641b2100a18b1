import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.canvas import as_svg
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.tuning.of_tuning import tuning_curves


def curves(points=3, variants=("sgd", "adam"), metric="val_accuracy", **others):
    budgets = np.arange(1, points + 1)
    frames = [
        pd.DataFrame({"variant": variant, "metric": metric, "budget": budgets, "expected": 0.9 - 0.1 / budgets}).assign(
            **({"low": 0.0, "high": 0.9, "expected_test": np.nan, "kind": "draws"} | others)
        )
        for variant in variants
    ]
    return pd.concat(frames, ignore_index=True)


def drawn(frame):
    names = list(dict.fromkeys(frame["variant"]))
    return tuning_curves(frame, "Best of the points tried: digits", variant_styles(names, names, None))


def bars(axes):
    return [collection for collection in axes.collections if isinstance(collection, LineCollection)]


def test_each_variant_has_its_line_its_bars_and_its_number_of_points():
    figure = drawn(curves())
    (axes,) = figure.axes
    assert axes.lines[0].get_ydata() == pytest.approx([0.8, 0.85, 0.9 - 0.1 / 3])
    assert [len(own.get_segments()) for own in bars(axes)] == [3, 3]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["95% of the draws"]
    assert [text.get_text() for text in axes.texts] == ["sgd", "adam"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("points tried, of 3", "validation accuracy (%)")
    apart = drawn(pd.concat([curves(variants=["sgd"]), curves(2, variants=["adam"])]))
    assert [text.get_text() for text in apart.axes[0].texts] == ["sgd (3 points)", "adam (2 points)"]


def test_long_names_are_in_the_legend():
    long = "momentum with warm-up and a cosine"
    figure = drawn(curves(variants=["sgd", long]))
    assert not figure.axes[0].texts
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["sgd", long, "95% of the draws"]


def test_more_than_four_variants_have_no_bars():
    assert not bars(drawn(curves(variants=[*"abcde"])).axes[0])


@pytest.mark.parametrize("sign", [1, -1])
def test_the_scale_is_that_of_the_ends_if_early_parts_would_hide_their_differences(sign):
    frame = pd.concat([curves(4, variants=["a"]), curves(4, variants=["b"])], ignore_index=True)
    frame["expected"] = [sign * score for score in (0.1, 0.88, 0.89, 0.90, 0.1, 0.90, 0.91, 0.92)]
    edge, best = sorted(drawn(frame).axes[0].get_ylim(), key=lambda end: sign * end)
    assert 0.8 < sign * edge < 0.85
    assert 0.92 < sign * best < 0.94


def test_bars_of_repeated_searches_are_their_range_and_the_lines_are_steps():
    figure = drawn(curves(kind="repeated"))
    (axes,) = figure.axes
    assert figure.legends[0].get_texts()[-1].get_text() == "range of the searches"
    assert [line.get_drawstyle() for line in axes.lines[:2]] == ["steps-post", "steps-post"]


def test_bars_of_variants_lie_side_by_side():
    first, second = bars(drawn(curves()).axes[0])
    assert first.get_transform().transform((1, 0))[0] < second.get_transform().transform((1, 0))[0]


def test_the_scale_is_that_of_the_means_and_holds_all_budgets():
    (axes,) = drawn(curves()).axes
    low, high = axes.get_ylim()
    assert 0.75 < low < 0.8  # far above the bars, which reach 0
    assert high > 0.9 - 0.1 / 3
    left, right = axes.get_xlim()
    assert left < 1
    assert right > 3


def test_test_scores_have_a_panel_of_their_own_without_bars():
    _, right = drawn(curves(expected_test=0.7)).axes
    assert right.get_ylabel() == "test accuracy (%)"
    assert not bars(right)


def test_many_budgets_have_a_logarithmic_axis_and_few_bars():
    (axes,) = drawn(curves(points=60)).axes
    assert axes.get_xscale() == "log"
    assert {len(own.get_segments()) for own in bars(axes)} == {11}  # including 1 and 60
    assert bars(axes)[0].get_segments()[-1][0][0] == 60


def test_a_loss_of_a_wide_range_is_logarithmic_and_a_flat_curve_is_visible():
    wide = curves(metric="val_loss").assign(expected=[10, 1, 0.1] * 2)
    assert drawn(wide).axes[0].get_yscale() == "log"
    low, high = drawn(curves(metric="val_loss").assign(expected=0.5)).axes[0].get_ylim()
    assert low < 0.5 < high


def test_of_many_variants_the_others_are_counted():
    (legend,) = drawn(curves(variants=[f"v{number}" for number in range(15)])).legends
    assert "9 other variants" in [text.get_text() for text in legend.get_texts()]


def test_panels_of_a_narrow_figure_are_below_each_other_and_wider_than_their_labels():
    with own_style(look_of("paper", 84)):
        figure = drawn(curves(variants=[f"variant {letter}" for letter in "abcdefgh"], expected_test=0.8))
        as_svg(figure)
        above, below = figure.axes
        assert above.bbox.y0 > below.bbox.y1
        assert all(axes.bbox.width > figure.bbox.width / 2 for axes in figure.axes)
    assert (above.get_xlabel(), below.get_xlabel()) == ("", "points tried, of 3")
