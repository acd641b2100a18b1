from itertools import pairwise

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba

from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.canvas import PALETTE, as_svg
from runner.reporting.figures.tuning.of_parallel_coordinates import parallel_coordinates
from tests.reporting.figures.made_trials import legend, made_trials, score_axis

POINTS = {"rate=3 norm=none": 0.6, "rate=1 norm=batch beta=0.9": 0.7, "rate=2 norm=batch beta=0.5": None}


def drawn(points=POINTS, metric="val_accuracy", **columns):
    variants = made_trials({"sgd": points}, metric, **columns)
    return parallel_coordinates(variants, score_axis(variants), "Trials: digits")


def lines(figure):
    """Return segments, colours and widths; the axes of the keys are separate collections of one segment each."""
    (found,) = [
        one for one in figure.axes[0].collections if isinstance(one, LineCollection) and len(one.get_segments()) > 1
    ]
    return np.array(found.get_segments()), found.get_colors(), found.get_linewidths()


def test_a_line_passes_through_its_values_with_a_gap_where_a_key_is_not_set():
    segments, *_ = lines(drawn())
    unscored, worse, best = segments[:2], segments[2:3], segments[3:]
    assert worse == pytest.approx(np.array([[(0, 1), (1, 0.25)]]))  # norm only: neither beta nor a line to the score
    assert best[:, 0] == pytest.approx(np.array([(0, 0), (1, 0.75), (2, 1)]))
    assert best[-1, 1, 0] == 3
    assert unscored[:, 1, 0].tolist() == [1, 2]  # the line does not reach the score


def test_better_lines_are_dark_and_above_the_choice_is_thick_and_orange_and_no_score_is_grey():
    _, colors, widths = lines(drawn(POINTS | {"rate=2 norm=none": 0.5}))
    luminance = colors[:, :3].sum(axis=1)
    assert luminance[3] < luminance[2]  # 0.6 above 0.5
    assert tuple(colors[-1]) == to_rgba(PALETTE[1])
    assert widths[-1] > widths[0]
    assert tuple(colors[0][:3]) == to_rgba("0.8")[:3]


@pytest.mark.parametrize(("metric", "better"), [("val_accuracy", "higher"), ("val_loss", "lower")])
def test_the_colour_bar_names_the_metric_and_is_dark_where_scores_are_better(metric, better):
    figure = drawn({"rate=3 beta=1": 0.6, "rate=1 beta=2": 0.2, "rate=2 beta=3": 0.9}, metric)
    bar = figure.axes[-1]
    assert " ".join(bar.get_ylabel().split()).endswith(f"{better} is better")
    colors = figure.axes[-1].collections[-1].cmap
    luminance = [sum(colors(end)[:3]) for end in (0.0, 1.0)]
    assert (luminance[1] < luminance[0]) == (better == "higher")


def test_the_legend_names_the_variants_that_are_not_shown():
    variants = made_trials({"sgd": POINTS})
    omitted = {"fewer than two tuned keys": ["adam"], "behind the best": [*"abcdefgh"]}
    texts = legend(parallel_coordinates(variants, score_axis(variants), "", omitted))
    assert texts[:2] == ["chosen", "no score"]
    notes = [" ".join(text.split()) for text in texts[2:]]
    assert notes == [
        "not shown: adam (fewer than two tuned keys)",
        "not shown: a, b, c, d, e, f and 2 others (behind the best)",
    ]


def test_the_best_loss_is_on_top():
    segments, *_ = lines(drawn({"rate=3 beta=1": 0.6, "rate=1 beta=2": 0.2, "rate=2 beta=3": 0.9}, "val_loss"))
    assert segments[-1][1][1] == min(segment[1][1] for segment in segments[1::2])


def test_ticks_and_names_stand_at_their_axes():
    figure = drawn()
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert places["none"] == (1, 0.25)
    assert places["validation accuracy (%)"][0] == 3
    of_second, of_last = (axes.transData.transform((place, 0))[0] for place in (1, 3))
    assert boxes["none"].x1 < of_second
    assert boxes["60"].x0 > of_last
    assert axes.get_title("left") == "sgd (3 trials)"


def test_numbers_in_front_of_lines_have_an_outline_instead_of_a_box_that_cuts_the_lines():
    texts = {text.get_text(): text for text in drawn().axes[0].texts}
    assert texts["none"].get_path_effects()
    assert texts["none"].get_bbox_patch() is None


def test_names_of_keys_do_not_overlap_in_a_narrow_figure():
    with own_style(look_of("paper", 84)):
        figure = drawn(
            {
                "learning_rate=1 beta_1=2 beta_2=3 weight_decay=4": 0.6,
                "learning_rate=2 beta_1=1 beta_2=1 weight_decay=1": 0.7,
            }
        )
        as_svg(figure)
        names = [text for text in figure.axes[0].texts if text.get_ha() == "center"]
        boxes = [text.get_window_extent() for text in names]
    assert [text.get_text() for text in names] == [
        "learning\nrate",
        "beta 1",
        "beta 2",
        "weight\ndecay",
        "validation\naccuracy\n(%)",
    ]
    assert all(one.x1 <= other.x0 for one, other in pairwise(boxes))
