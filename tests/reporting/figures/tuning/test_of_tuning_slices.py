import pytest

from runner.records.tuned_axes import TunedAxes, TunedAxis
from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.tuning.of_tuning_slices import _legible, tuning_slices
from tests.reporting.figures.made_trials import legend, made_trials, score_axis, styles

RATE = TunedAxis(low=0.01, high=1.0, log=True)
POINTS = {"rate=0.01 norm=none": 0.5, "rate=0.1 norm=batch beta=0.9": 0.7, "rate=1 norm=batch beta=0.99": 0.6}


def drawn(variants):
    return tuning_slices(variants, score_axis(variants), "Tuned keys: digits", styles(variants))


def dots(axes, marker="o"):
    return [(x, y) for line in axes.lines if line.get_marker() == marker for x, y in zip(*line.get_data(), strict=True)]


def texts(axes):
    return [tick.get_text() for tick in axes.get_xticklabels()]


@pytest.fixture(scope="module")
def figure():
    return drawn(made_trials({"sgd": POINTS}, axes=TunedAxes({"rate": RATE})))


def test_each_key_has_a_panel_on_its_scale(figure):
    rate, norm, _ = figure.axes
    assert [axes.get_xlabel() for axes in figure.axes] == ["rate", "norm", "beta"]
    assert dots(rate) == [(pytest.approx(0), 0.5), (pytest.approx(0.5), 0.7), (pytest.approx(1), 0.6)]
    assert texts(rate) == ["0.01", "0.1", "1"]
    assert texts(norm) == ["none", "batch"]
    assert [score for _, score in dots(norm)] == [0.5, 0.7, 0.6]


def test_only_trials_that_set_a_key_are_in_its_panel(figure):
    assert [score for _, score in dots(figure.axes[2])] == [0.7, 0.6]


def test_the_choice_has_a_star_in_every_panel(figure):
    assert [[score for _, score in dots(axes, "*")] for axes in figure.axes] == [[0.7], [0.7], [0.7]]
    assert legend(figure) == ["sgd", "chosen"]


def test_trials_with_the_same_level_are_side_by_side_and_the_star_is_on_its_trial(figure):
    norm = figure.axes[1]
    (alone, first, second), (star,) = ([x for x, _ in dots(norm, marker)] for marker in "o*")
    assert alone == pytest.approx(0.25)
    assert 0.5 < first < 0.75 < second < 1
    assert first + second == pytest.approx(2 * 0.75)
    assert star == first


def test_variants_share_the_panel_of_a_key_and_its_widest_range():
    wider = TunedAxes({"rate": RATE}, {"adam": {"rate": TunedAxis(low=0.0001, high=0.1, log=True)}})
    variants = made_trials(
        {"sgd": {"rate=1": 0.5, "rate=0.1": 0.6}, "adam": {"rate=0.01": 0.7, "rate=0.1": 0.8}}, axes=wider
    )
    (axes,) = drawn(variants).axes
    assert [x for x, _ in dots(axes)] == pytest.approx([1, 0.75])
    assert [x for x, _ in dots(axes, "s")] == pytest.approx([0.5, 0.75])


def test_a_trial_without_a_score_is_a_cross_on_the_axis():
    variants = made_trials({"sgd": {"rate=1": 0.5, "rate=2": None, "rate=3": 0.6}})
    (axes,) = drawn(variants).axes
    assert dots(axes, "+") == [(pytest.approx(0.5), pytest.approx(axes.get_ylim()[0]))]


def test_many_keys_are_cut_and_stand_in_rows():
    points = {" ".join(f"k{key}={trial + key}" for key in range(20)): trial / 10 for trial in range(2)}
    figure = drawn(made_trials({"sgd": points}))
    assert len(figure.axes) == 12
    assert figure.get_figheight() > 8
    with own_style(look_of("paper", 84)):
        several = drawn(made_trials({name: {"a=1 b=2 c=3": 0.1, "a=2 b=3 c=4": 0.2} for name in "uvwxyz"}))
    assert len(several.axes) == 18
    assert several.get_figheight() < 13.5


def test_a_long_key_is_broken_at_its_dots():
    key = "regularizer.label_smoothing.label_smoothing"
    points = {f"{key}=1 other.label_smoothing=1": 0.5, f"{key}=2 other.label_smoothing=2": 0.6}
    axes, _ = drawn(made_trials({"sgd": points})).axes  # with its groups, because both keys have the same last part
    assert axes.get_xlabel().split("\n") == ["regularizer.label_smoothing.", "label_smoothing"]


def test_more_than_four_variants_have_panels_of_their_own_and_every_level_a_tick():
    points = {f"rate={rate}": score for rate, score in (("0.0003", 0.5), ("0.001", 0.6), ("0.003", 0.7), ("0.01", 0.6))}
    levels = TunedAxes({"rate": TunedAxis(choices=[0.0003, 0.001, 0.003, 0.01])})
    figure = drawn(made_trials(dict.fromkeys("abcde", points), axes=levels))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [*"abcde"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"rate"}
    for axes in figure.axes:
        assert texts(axes) == ["0.0003", "0.001", "0.003", "0.01"]
        assert sum(len(line.get_xdata()) == 4 and line.get_color() == "0.8" for line in axes.lines) == 4
    assert len(drawn(made_trials(dict.fromkeys("abcd", points), axes=levels)).axes) == 1


def test_labels_of_ticks_do_not_run_into_each_other():
    ticks = [(0.0, "0.9"), (0.3, "0.99"), (0.6, "0.999"), (0.9, "0.9999")]
    assert _legible(ticks, 30) == ticks
    assert _legible(ticks, 12) == [ticks[0], ticks[2]]
