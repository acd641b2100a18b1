import numpy as np
import pandas as pd
import pytest

from runner.reporting.figures.rate_range import is_range_test, rate_range, smoothed, suggest

LOWEST_AT = 0.05


def range_test(steps: int = 1000, noise: float = 0.0, lowest_at: float = LOWEST_AT) -> pd.DataFrame:
    """A loss of 2.3 that falls to 0.3 at a known rate and explodes beyond it."""
    rates = np.geomspace(1e-6, 10, steps)
    decades = np.log10(rates / lowest_at)
    falling = 0.3 + 2 * np.clip(-decades / 2, 0, 1)
    losses = np.where(decades <= 0, falling, 0.3 * 10 ** (3 * decades))
    losses = losses + np.random.default_rng(0).normal(0, noise or 1e-12, steps)
    return pd.DataFrame({"step": np.arange(1, steps + 1), "learning_rate": rates, "loss": losses})


@pytest.mark.parametrize("steps", [200, 1000, 5000])
@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("lowest_at", [1e-3, 0.05, 0.5])
def test_the_suggestion_is_a_third_of_the_rate_with_the_lowest_loss(steps, noise, lowest_at):
    suggested = suggest(range_test(steps, noise, lowest_at))
    assert suggested == pytest.approx(lowest_at / 3, rel=0.25)


def test_what_comes_after_the_explosion_does_not_count():
    steps = range_test()
    after = steps["learning_rate"] > 3
    for losses in (0.0, np.nan, np.inf):
        assert suggest(steps.assign(loss=steps["loss"].mask(after, losses))) == suggest(steps)


def test_a_loss_that_never_falls_suggests_nothing():
    rates = np.geomspace(1e-6, 1, 500)
    noise = np.random.default_rng(0).normal(0, 0.05, 500)
    assert suggest(pd.DataFrame({"learning_rate": rates, "loss": 2.3 + noise})) is None
    assert suggest(pd.DataFrame({"learning_rate": rates, "loss": 2.3 + np.arange(500)})) is None


@pytest.mark.parametrize("kept", [0, 1, 19])
def test_too_few_steps_suggest_nothing(kept):
    steps = range_test(100)
    assert suggest(steps.head(kept)) is None
    assert suggest(steps.assign(loss=steps["loss"].mask(steps["step"] > kept))) is None


def test_smoothing_is_the_bias_corrected_moving_average():
    losses = np.random.default_rng(0).uniform(1, 2, 1000)
    average, expected = 0.0, []
    for step, loss in enumerate(losses, start=1):  # Kingma & Ba's bias correction, with a memory of a 50th of the steps
        average = 0.95 * average + 0.05 * loss
        expected.append(average / (1 - 0.95**step))
    assert smoothed(losses) == pytest.approx(expected)


def test_smoothing_ends_before_the_loss_is_four_times_its_lowest_or_not_finite():
    assert len(smoothed(np.array([1.0, 1.0, 1.0, 1e6, 1.0]))) == 3
    assert len(smoothed(np.array([1.0, 1.0, np.nan, 1.0]))) == 2


def test_only_a_rate_that_rises_with_every_step_is_a_range_test():
    assert is_range_test(pd.DataFrame({"learning_rate": [1.0, 2.0, 3.0]}))
    assert not is_range_test(pd.DataFrame({"learning_rate": [1.0, 2.0, 2.0]}))


def test_the_explosion_leaves_the_rest_of_the_figure_its_room():
    (axes,) = rate_range(range_test(), "").axes
    low, high = axes.get_ylim()
    assert low < 0.3
    assert 2.3 < high < 4
    assert axes.get_xscale() == "log"


def test_the_suggestion_is_a_line_with_its_value_or_not_there():
    (axes,) = rate_range(range_test(), "").axes
    assert axes.lines[-1].get_xdata() == pytest.approx([suggest(range_test())] * 2)
    (text,) = (text.get_text() for text in axes.texts)
    assert text == f"suggestion: {suggest(range_test()):.2g}"
    (axes,) = rate_range(range_test().assign(loss=2.3), "").axes
    assert not axes.texts
