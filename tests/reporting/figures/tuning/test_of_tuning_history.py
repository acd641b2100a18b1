import pytest

from runner.reporting.figures.tuning.of_tuning_history import tuning_history
from tests.reporting.figures.made_trials import legend, made_trials, score_axis, styles


def drawn(variants):
    return tuning_history(variants, score_axis(variants), "Tuning by trial: digits", styles(variants))


def lines(figure, marker):
    return [line for line in figure.axes[0].lines if line.get_marker() == marker and len(line.get_xdata())]


def steps(figure):
    return [[*line.get_ydata()] for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]


def test_a_line_shows_the_best_so_far_until_the_last_trial():
    points = {"lr=1": 0.5, "lr=2": 0.7, "lr=3": 0.6, "lr=4": None}
    figure = drawn(made_trials({"sgd": points, "adam": dict.fromkeys(points, 0.65)}))
    assert steps(figure) == [[0.5, 0.7, 0.7, 0.7], [0.65] * 5]
    assert [*lines(figure, "o")[0].get_xdata()] == [1, 2, 3]
    assert figure.axes[0].get_ylabel() == "validation accuracy (%)"
    assert legend(figure) == ["sgd", "adam", "trial (line: best so far)", "no score"]


def test_the_best_loss_is_the_lowest():
    assert steps(drawn(made_trials({"sgd": {"lr=1": 0.5, "lr=2": 0.7, "lr=3": 0.4}}, "val_loss"))) == [
        [0.5, 0.5, 0.4, 0.4]
    ]


def test_pruned_and_failed_trials_are_marked_apart_and_set_no_best():
    states = ["completed", "pruned", "pruned", "failed"]
    variants = made_trials(
        {"sgd": {"lr=1": 0.5, "lr=2": 0.52, "lr=3": None, "lr=4": None}}, state=states, trial=[3, 0, 1, 2]
    )
    figure = drawn(variants)
    (pruned,), (failed,) = lines(figure, "x"), lines(figure, "|")
    assert [*pruned.get_xdata()] == [1, 2]
    assert [*pruned.get_ydata()] == [
        0.52,
        score_axis(variants).low,
    ]  # where the trial stopped, or on the axis without a score
    assert [*failed.get_xdata()] == [3]
    assert steps(figure) == [[0.5, 0.5]]
    assert legend(figure)[-2:] == ["pruned", "failed"]


def test_a_trial_far_behind_is_a_triangle_at_the_edge():
    figure = drawn(made_trials({"sgd": {"lr=9": 0.1} | {f"lr={n}": 0.9 + n / 100 for n in range(8)}}))
    (triangle,) = lines(figure, "v")
    assert [*triangle.get_ydata()] == [pytest.approx(figure.axes[0].get_ylim()[0])]
    assert legend(figure)[-1] == "below the axis"


def test_of_many_variants_the_others_are_counted():
    figure = drawn(made_trials({f"v{n}": {"lr=1": 0.5 + n / 100, "lr=2": 0.6} for n in range(15)}))
    assert "9 other variants" in legend(figure)


def test_trials_of_several_variants_are_side_by_side():
    figure = drawn(made_trials({"sgd": {"lr=1": 0.5, "lr=2": 0.6}, "adam": {"lr=1": 0.5, "lr=2": 0.6}}))
    dots = [line for line in figure.axes[0].lines if line.get_linestyle() == "None" and len(line.get_xdata())]
    places = [line.get_transform().transform(line.get_xydata())[0][0] for line in dots]
    assert len({*places}) == 2
