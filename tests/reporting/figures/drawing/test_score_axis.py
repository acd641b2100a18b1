import numpy as np
import pytest

from runner.reporting.figures.drawing.score_axis import ScoreAxis


def axis_of(metric, scores, sign, bests=(np.nan,)):
    best = sign * np.max(sign * np.array(scores))
    return ScoreAxis.of(metric, np.array(scores), np.array([best, *bests]), sign)


def test_scores_that_lie_together_are_all_on_the_axis():
    axis = axis_of("val_accuracy", np.array([0.9, 0.92, 0.94, 0.96]), 1)
    assert axis.low < 0.9
    assert axis.high > 0.96


def test_scores_far_behind_three_quarters_of_the_others_are_off_it():
    scores = np.array([0.1, 0.95, 0.955, 0.96, 0.96, 0.965, 0.97, 0.97, np.nan])
    axis = axis_of("val_accuracy", scores[:-1], 1)
    assert axis.is_off(scores).tolist() == [True] + [False] * 8
    assert axis.low > 0.9
    assert (axis.edge, axis.edge_marker) == (axis.low, "v")


def test_the_good_end_of_a_loss_is_low():
    axis = axis_of("val_loss", np.array([9.0, 0.1, 0.11, 0.12, 0.13, 0.12]), -1)
    assert axis.is_off(np.array([9.0, 0.1])).tolist() == [True, False]
    assert (axis.edge, axis.edge_marker) == (axis.high, "^")


@pytest.mark.parametrize("scores", [[0.5], [0.0, 0.0], [0.9, 0.9, 0.9, 0.9, 0.1]])
def test_equal_scores_have_an_axis_that_shows_all(scores):
    axis = axis_of("val_loss", np.array(scores), -1)
    assert axis.low < min(scores) <= max(scores) < axis.high


def test_the_best_score_of_a_bad_variant_is_on_it():
    scores = [0.1, 0.8, 0.95, 0.955, 0.96, 0.96, 0.965, 0.97, 0.97]
    assert axis_of("val_accuracy", scores, 1).is_off(np.array(scores)).tolist()[:2] == [True, True]
    assert axis_of("val_accuracy", scores, 1, bests=[0.8]).is_off(np.array(scores)).tolist()[:2] == [True, False]
