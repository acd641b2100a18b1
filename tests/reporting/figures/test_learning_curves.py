import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.reporting.comparison.folds import Unit
from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.learning_curves import learning_curves


def history(curves):
    """{variant: [one curve per seed]} -> one row per run and epoch."""
    rows, position = [], 0
    for variant, seeds in curves.items():
        for curve in seeds:
            rows += [(position, variant, epoch, value - 0.1, value) for epoch, value in enumerate(curve, start=1)]
            position += 1
    return pd.DataFrame(rows, columns=["position", "variant", "epoch", "accuracy", "val_accuracy"])


def drawn(figure, panel=1):
    return [np.asarray(line.get_ydata()) for line in figure.axes[panel].lines]


def draw(curves, **options):
    names = list(curves)
    return learning_curves(history(curves), "accuracy", "", variant_styles(names, names, names[0]), **options)


def test_the_mean_over_the_seeds_is_drawn_for_training_and_validation():
    figure = draw({"v": [[0.1, 0.2, 0.3], [0.3, 0.4, 0.5]]})
    assert drawn(figure, 0)[0] == pytest.approx([0.1, 0.2, 0.3])
    assert drawn(figure, 1)[0] == pytest.approx([0.2, 0.3, 0.4])
    assert [axes.get_ylabel() for axes in figure.axes] == ["training accuracy (%)", "validation accuracy (%)"]


def test_the_band_is_the_t_interval_of_the_mean():
    figure = draw({"v": [[0.5, 0.6], [0.5, 0.8], [0.5, 0.7], [0.5, 0.7]]})
    low, high = stats.t.interval(0.95, 3, 0.7, stats.sem([0.6, 0.8, 0.7, 0.7]))
    (band,) = figure.axes[1].collections
    ends = band.get_paths()[0].vertices
    assert ends[ends[:, 0] == 2][:, 1].min() == pytest.approx(low)
    assert ends[ends[:, 0] == 2][:, 1].max() == pytest.approx(high)


def test_the_band_of_folds_allows_for_their_overlap():
    figure = draw({"v": [[0.5, 0.68], [0.5, 0.72], [0.5, 0.7], [0.5, 0.7]]}, unit=Unit("fold", 1 / 2))
    reach = stats.t.ppf(0.975, 3) * np.std([0.68, 0.72, 0.7, 0.7], ddof=1) * np.sqrt(1 / 4 + 1 / 2)
    ends = figure.axes[1].collections[0].get_paths()[0].vertices
    assert ends[ends[:, 0] == 2][:, 1].max() == pytest.approx(0.7 + reach)


def test_the_mean_ends_with_the_shortest_curve_and_the_others_go_on_alone():
    figure = draw({"v": [[0.1, 0.2, 0.3, 0.4], *[[0.3, 0.4]] * 3]})
    mean, long, short, *_, end = drawn(figure)
    assert mean == pytest.approx([0.25, 0.35])
    assert long == pytest.approx([0.2, 0.3, 0.4])  # continues from the end of the mean
    assert short[0] == pytest.approx(0.4)
    assert np.isnan(short[1:]).all()
    assert end == pytest.approx([0.4])


def test_seeds_are_drawn_all_along_if_asked_for():
    curves = {"v": [[0.1, 0.2], [0.3, 0.4]] * 2}
    assert len(drawn(draw(curves))) == 1
    assert len(drawn(draw(curves, seeds=True))) == 5


@pytest.mark.parametrize("runs", [2, 3, 4])
def test_up_to_three_runs_are_thin_lines_in_place_of_a_band(runs):
    figure = draw({"v": [[0.1, 0.2], [0.3, 0.4], [0.1, 0.2], [0.3, 0.4]][:runs]})
    bands = len(figure.axes[1].collections)
    thin = [line for line in figure.axes[1].lines if line.get_linewidth() < 1 and len(line.get_xdata())]
    assert (bands, len(thin)) == ((0, runs) if runs < 4 else (1, 0))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        f"one seed, n = {runs}" if runs < 4 else "95% interval of the mean, n = 4"
    ]


def test_the_axis_begins_below_the_end_of_every_curve():
    good = [[0.5, 0.9, *[0.97] * 40]] * 2
    figure = draw({"good": good, "chance": [[0.1]] * 2})
    assert all(axes.get_ylim()[0] < 0 for axes in figure.axes)  # chance is at 0 in training
    late = draw({"good": good, "late": [[0.1, *[0.9] * 41]] * 2})
    assert late.axes[1].get_ylim()[0] > 0.5  # the first epoch may be cut off


def test_the_legend_says_what_bands_are_where_there_are_any():
    for runs, named in {4: True, 1: False}.items():
        figure = draw({"a": ([[0.5, 0.9], [0.6, 0.8]] * 2)[:runs]})
        texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
        assert texts == ["95% interval of the mean, n = 4"] * named


def test_a_variant_without_a_finite_value_is_no_line_and_the_legend_says_so():
    figure = draw({"good": [[0.5, 0.9]], "wild": [[np.nan], [np.inf]]})
    assert [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in figure.legends[0].get_texts()] == [
        "good (n = 1)",
        "wild (n = 2: no finite value)",
    ]
    assert sum(np.isfinite(ys).any() for ys in drawn(figure)) == 1


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_a_seed_beside_one_that_diverged_at_once_is_drawn_alone(lost):
    figure = draw({"v": [[lost], [0.5]]})
    assert drawn(figure)[-1] == pytest.approx([0.5])


def test_up_to_twelve_variants_have_a_look_of_their_own_and_a_name():
    figure = draw({f"v{n}": [[n / 20, n / 10]] for n in range(12)})
    assert not figure.axes[1].texts  # too many for labels
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[1].lines}
    assert len(looks) == 12
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [f"v{n}" for n in range(12)]


def test_of_forty_variants_the_baseline_and_the_best_stand_out():
    figure = draw({f"v{n:02d}": [[0.5, n / 40]] for n in range(40)})
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["34 other variants", *(f"v{n:02d}" for n in range(6))]
    assert len(figure.axes[1].lines) == 40
    assert sum(line.get_color() == "0.75" for line in figure.axes[1].lines) == 34


def test_a_legend_hides_no_data_and_nothing_is_cut_off():
    figure = draw({f"optimizer=sgd,optimizer.learning_rate=0.0{n}": [[n / 20, n / 10]] for n in range(12)})
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert not any(axes.get_window_extent().overlaps(legend.get_window_extent()) for axes in figure.axes)
    for text in [*legend.get_texts(), *(axes.yaxis.label for axes in figure.axes)]:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1


def labels(axes):
    return {text.get_text(): text for text in axes.texts}


def test_names_stand_at_the_ends_of_their_curves_in_their_colours():
    figure = draw({"low": [[0.2, 0.3]], "high": [[0.2, 0.9]]})
    assert not labels(figure.axes[0])
    found = labels(figure.axes[1])
    assert {name: text.xy[0] for name, text in found.items()} == {"low": 2, "high": 2}
    assert found["high"].xyann[1] > found["low"].xyann[1]
    lines = figure.axes[1].lines
    assert [found[name].get_color() for name in ("low", "high")] == [line.get_color() for line in lines]
    assert not figure.legends


@pytest.mark.parametrize(
    "curves",
    [{"a" * 23: [[0.5, 0.9]]}, {"a": [[0.5, 0.9]] * 2, "b": [[0.5, 0.9]]}, {"a": [[0.5]], "b": [[np.nan]]}],
    ids=["long names", "unequal numbers of runs", "a variant without an end"],
)
def test_a_legend_names_what_labels_cannot(curves):
    figure = draw(curves)
    assert not figure.axes[1].texts
    assert len(figure.legends[0].get_texts()) >= len(curves)


NEAR = {"a": [[0.1, 0.5, 0.8, 0.9, 0.91, 0.92]], "b": [[0.1, 0.5, 0.8, 0.9, 0.905, 0.91]]}


def test_ends_that_the_axis_hides_are_zoomed_in_a_third_panel():
    figure = draw(NEAR)
    _, whole, zoom = figure.axes
    low, high = zoom.get_ylim()
    assert low < 0.91 < 0.92 <= high
    assert high - low < 0.05 < np.ptp(whole.get_ylim())
    (box,) = whole.patches
    assert (box.get_y(), box.get_y() + box.get_height()) == pytest.approx((low, high))
    assert box.get_x() == zoom.lines[0].get_xdata()[0]
    assert list(labels(zoom)) == ["a", "b"]
    assert not labels(whole)


def test_ends_that_can_be_told_apart_are_not_zoomed():
    far = {"a": NEAR["a"], "b": [[0.1, 0.2, 0.3, 0.4, 0.5, 0.5]]}
    assert len(draw(far).axes) == 2
    assert len(draw({"a": NEAR["a"]}).axes) == 2


def test_the_first_and_the_last_epoch_are_on_every_axis():
    for axes in draw(NEAR).axes:
        axes.figure.draw_without_rendering()
        epochs = axes.lines[0].get_xdata()
        assert {epochs[0], epochs[-1]} <= {*axes.get_xticks()}


def test_every_cell_has_its_row_where_a_name_has_one_style():
    curves = {f"{name} [{cell}]": own for cell in ("x", "y") for name, own in NEAR.items()}
    cells = {f"{name} [{cell}]": (name, cell) for cell in ("x", "y") for name in NEAR}
    figure = learning_curves(history(curves), "accuracy", "", variant_styles(["a", "b"], ["a"], "a"), cells=cells)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "x", "", "the part in the box", "y", "", "the part in the box",
    ]  # fmt: skip
    first, second = ([line.get_color() for line in figure.axes[place].lines] for place in (1, 4))
    assert first == second
    assert list(labels(figure.axes[5])) == ["a", "b"]
    assert [axes.get_xlabel() for axes in figure.axes] == [""] * 3 + ["epoch"] * 3


def test_a_grid_has_a_row_for_each_value_with_common_axes_colours_and_zoom():
    far = {name: [[value + 0.02 for value in curve] for curve in own] for name, own in NEAR.items()}
    curves = {f"x{name}": own for name, own in NEAR.items()} | {f"y{name}": own for name, own in far.items()}
    cells = {label: (label[1:], f"model.units={label[0]}") for label in curves}
    styles = variant_styles(["a", "b"], [], None)
    figure = learning_curves(history(curves), "accuracy", "", styles, cells=cells, key="rate")
    assert [axes.get_title(loc="left") for axes in figure.axes[::3]] == ["units=x", "units=y"]
    assert len({axes.get_ylim() for axes in [*figure.axes[:2], *figure.axes[3:5]]}) == 1
    assert figure.axes[2].get_ylim() == figure.axes[5].get_ylim()
    (legend,) = figure.legends
    assert legend.get_title().get_text() == "rate"
    assert [text.get_text() for text in legend.get_texts()][:2] == ["a", "b"]
    colors = [line.get_color() for line in legend.get_lines()]
    assert colors == [styles[name].color for name in "ab"]
    for axes in figure.axes:
        assert [line.get_color() for line in axes.lines if len(line.get_ydata()) > 1] == colors


def test_a_grid_in_one_column_has_a_validation_panel_for_each_cell():
    curves = {f"{row}{name}": [[0.5, 0.6]] for row in "xy" for name in "ab"}
    cells = {label: (label[1:], f"units={label[0]}") for label in curves}
    with own_style(look_of("paper", 84)):
        figure = learning_curves(
            history(curves), "accuracy", "", variant_styles(["a", "b"], [], None), cells=cells, key="rate"
        )
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["units=x", "units=y"]
    assert {axes.get_ylabel().replace("\n", " ") for axes in figure.axes} == {"validation accuracy (%)"}
    assert [len([line for line in axes.lines if len(line.get_ydata())]) for axes in figure.axes] == [2, 2]
    assert figure.get_figheight() < 4.5


@pytest.mark.parametrize("count", [2, 6])
def test_data_sets_in_one_column_have_a_validation_panel_each_and_fit_on_a_page(count):
    curves = {f"{place}{name}": own for place in range(count) for name, own in NEAR.items()}
    cells = {label: (label[1:], label[0]) for label in curves}
    with own_style(look_of("paper", 84)):
        figure = learning_curves(history(curves), "accuracy", "", variant_styles(["a", "b"], [], None), cells=cells)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [str(place) for place in range(count)]
    assert {" ".join(axes.get_ylabel().split()) for axes in figure.axes} == {"validation accuracy (%)"}
    assert figure.get_figheight() < 9.2


def test_the_heading_names_values_of_a_grid_without_a_finite_value():
    curves = {"xa": [[0.5, 0.6]], "xb": [[0.5, 0.6]], "ya": [[0.5, 0.7]], "yb": [[np.nan, np.nan]]}
    cells = {label: (label[1:], f"units={label[0]}") for label in curves}
    figure = learning_curves(
        history(curves), "accuracy", "", variant_styles(["a", "b"], [], None), cells=cells, key="rate"
    )
    assert figure.axes[2].get_title(loc="left") == "units=y (no finite value: b)"


def test_the_markers_and_intervals_of_a_single_epoch_lie_within_the_axes():
    figure = draw({"v": [[0.5], [0.52]], "w": [[0.8], [0.83]]})
    figure.draw_without_rendering()
    for axes in figure.axes:
        low, high = axes.get_ylim()
        marked = [axes.transData.transform((1, line.get_ydata()[0]))[1] for line in axes.lines]
        box = axes.get_window_extent()
        assert all(box.y0 + 4 < place < box.y1 - 4 for place in marked)
        segments = [ends for band in axes.collections for ends in band.get_segments()]
        assert all(low < value < high for (_, first), (_, last) in segments for value in (first, last))
        assert len(segments) == 2


def test_a_band_close_to_0_does_not_stretch_a_logarithmic_axis():
    frame = history({"v": [[9.0, 2.0, 0.1, 0.05]], "w": [[9.0, 2.0, 0.1, 0.05], [9.0, 2.0, 0.11, 0.06]]})
    frame = frame.rename(columns={"val_accuracy": "val_loss"}).assign(loss=frame["val_accuracy"])
    styles = variant_styles(["v", "w"], ["v", "w"], "v")
    figure = learning_curves(frame.drop(columns="accuracy"), "loss", "", styles)
    for axes in figure.axes[:2]:
        assert axes.get_yscale() == "log"
        assert axes.get_ylim()[0] == pytest.approx(0.04)


def losses(curves):
    frame = history(curves).rename(columns={"val_accuracy": "val_loss"})
    frame = frame.assign(loss=frame["val_loss"]).drop(columns="accuracy")
    return learning_curves(frame, "loss", "", variant_styles([*curves], [*curves], None))


def test_a_diverged_variant_neither_stretches_the_axis_nor_covers_the_others():
    near = {"a": [[2, 1, 0.8, 0.6, 0.52, 0.5]] * 4, "b": [[2, 1, 0.8, 0.6, 0.51, 0.48]] * 4}
    figure = losses(near | {"lost": [[1e9 * 10**seed] * 6 for seed in range(4)]})
    figure.draw_without_rendering()
    for axes in figure.axes[:2]:
        assert axes.get_ylim()[1] < 2.5
        assert "lost: up to 2.8e+11 \N{UPWARDS ARROW}" in [text.get_text() for text in axes.texts]
    assert not any(axes.collections for axes in figure.axes)
    assert len(figure.axes[2].lines) == 2  # the enlarged part


def test_intervals_end_at_the_limits_of_the_metric():
    figure = draw({"v": [[0.02, 0.85], [0.2, 0.99]] * 2})
    ends = figure.axes[1].collections[0].get_paths()[0].vertices[:, 1]
    assert (ends.min(), ends.max()) == (0, 1)


def test_the_band_of_a_logarithmic_axis_is_the_interval_of_the_logarithm():
    values = [0.01, 0.05, 0.01, 0.05]
    figure = losses({"v": [[9.0, value] for value in values], "w": [[9.0, 0.02]]})
    mean, reach = 0.03, stats.t.ppf(0.975, 3) * stats.sem(values)
    ends = figure.axes[1].collections[0].get_paths()[0].vertices
    own = ends[ends[:, 0] == 2][:, 1]
    assert own.min() == pytest.approx(mean * np.exp(-reach / mean))
    assert own.max() == pytest.approx(mean * np.exp(reach / mean))


def test_the_enlarged_part_of_many_variants_has_the_intervals_of_the_last_epoch_only():
    near = [0.1, 0.5, 0.8, 0.9, 0.91]
    curves = {
        name: [[*near, 0.92 + place / 1000 + seed / 2000] for seed in range(4)] for place, name in enumerate("abcde")
    }
    for names, kinds in {"abcd": {"FillBetweenPolyCollection"}, "abcde": {"LineCollection"}}.items():
        zoom = draw({name: curves[name] for name in names}).axes[2]
        assert {type(own).__name__ for own in zoom.collections} == kinds
        assert len(zoom.collections) == len(names)


def test_names_of_the_enlarged_part_begin_at_their_intervals_which_the_legend_explains():
    near = [0.1, 0.5, 0.8, 0.9, 0.91]
    curves = {
        name: [[*near, 0.92 + place / 1000 + seed / 2000] for seed in range(4)] for place, name in enumerate("abcde")
    }
    figure = draw(curves)
    assert figure.legends[0].get_texts()[0].get_text() == "mean and its interval at the last epoch"
    figure.draw_without_rendering()
    zoom = figure.axes[2]
    dots = [line for line in zoom.lines if line.get_marker() == "."]
    assert len(dots) == len(zoom.texts) == 5
    for dot, name in zip(dots, zoom.texts, strict=True):
        assert name.xy[0] == dot.get_xdata()[0] < zoom.get_xlim()[1]


def test_a_panel_as_wide_as_a_narrow_figure_has_a_tick_at_each_of_six_epochs():
    with own_style(look_of("paper", 84)):
        figure = draw({name: [[0.1, 0.2, 0.3, 0.4, 0.5, level]] for name, level in (("a", 0.6), ("b", 0.9))})
    assert [*figure.axes[0].get_xticks()] == [1, 2, 3, 4, 5, 6]


GRID = {
    f"{row}{name}": [[0.1, 0.5, 0.8, end - 0.01, end - 0.005, end], [0.1, 0.5, 0.8, end - 0.02, end - 0.005, end]]
    for row, ends in {"x": (0.9, 0.91, 0.2), "y": (0.92, 0.3, 0.1)}.items()
    for name, end in zip("abc", ends, strict=True)
}


def grid_figure(curves):
    cells = {label: (label[1:], f"model.units={label[0]}") for label in curves}
    styles = variant_styles(["a", "b", "c"], [], None)
    return learning_curves(history(curves), "accuracy", "", styles, cells=cells, key="rate")


def test_each_row_of_a_grid_has_the_better_half_of_all_variants_enlarged():
    figure = grid_figure(GRID)
    assert len(figure.axes) == 6
    assert figure.axes[2].get_ylim() == figure.axes[5].get_ylim()
    assert figure.axes[2].get_ylim()[0] > 0.7
    assert [{*ends_of_curves(axes)} for axes in (figure.axes[2], figure.axes[5])] == [{0.9, 0.91}, {0.92}]


def ends_of_curves(axes):
    return [round(float(line.get_ydata()[-1]), 3) for line in axes.lines if len(line.get_ydata())]


def test_a_row_of_a_grid_without_good_variants_has_an_empty_enlarged_part_of_the_same_epochs():
    better = {"x": (0.9, 0.91, 0.92), "y": (0.1, 0.2, 0.3)}
    curves = {
        f"{row}{name}": [[0.1, 0.5, 0.8, end, end, end]] * 2
        for row, ends in better.items()
        for name, end in zip("abc", ends, strict=True)
    }
    figure = grid_figure(curves)
    assert not ends_of_curves(figure.axes[5])
    assert figure.axes[5].get_xlim() == figure.axes[2].get_xlim()


def test_an_enlarged_part_of_a_grid_in_one_column_is_beside_the_validation_panel():
    with own_style(look_of("paper", 84)):
        figure = grid_figure(GRID)
    figure.draw_without_rendering()
    assert len(figure.axes) == 4
    whole, zoom = (axes.get_position() for axes in figure.axes[:2])
    assert (whole.y0, whole.y1) == pytest.approx((zoom.y0, zoom.y1))


def test_an_early_outlier_of_a_loss_leaves_the_panel_and_is_named_there():
    near = {"a": [[2, 1, 0.8, 0.6, 0.52, 0.5]] * 4, "b": [[3, 1, 0.8, 0.6, 0.51, 0.48]] * 4}
    figure = losses(near | {"c": [[250, 2, 1.5, 1, 0.9, 0.8]] * 4})
    for axes in figure.axes[:2]:
        assert 3 < axes.get_ylim()[1] < 4
        assert "c: up to 250 \N{UPWARDS ARROW}" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("count", [4, 5])
def test_the_legend_says_equal_numbers_of_runs_once_and_others_at_each_name(count):
    names = {f"{'long name of a variant ' * 4}{place}": [[0.5, 0.6 + 0.01 * run] for run in range(4)] for place in "ab"}
    last = {"c": [[0.5, 0.7 + 0.01 * run] for run in range(count)]}
    texts = [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in draw(names | last).legends[0].get_texts()]
    assert texts[2] == ("c" if count == 4 else "c (n = 5)")
    assert sum("n = 4" in text for text in texts) == (1 if count == 4 else 2)
    assert texts[-1] == "95% interval of the mean" + ", n = 4" * (count == 4)
