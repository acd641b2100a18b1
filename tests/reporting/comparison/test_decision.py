import math

import pytest

from runner.reporting.comparison.decision import (
    LOST_FOLD,
    NOT_SIGNIFICANT,
    STILL_TRAINING,
    cannot_decide,
    outcome,
    short_reason,
    shown_beyond,
)


def row(**given):
    usual = {"verdict": "undecided", "reason": NOT_SIGNIFICANT, "lost": 0, "n": 8, "n_completed": 8}
    return usual | {"p_adjusted": 0.08, "p_equivalence": 0.2} | given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "p = 0.080"),
        ({"verdict": "higher", "reason": "", "p_adjusted": 0.0001}, "p < 0.001"),
        ({"verdict": "equivalent", "reason": "", "p_equivalence": 0.031}, "p = 0.031"),
        ({"reason": cannot_decide(3, 4)}, "too few seeds"),
        ({"reason": cannot_decide(3, 4), "lost": 3, "n": 3, "n_completed": 0}, "all diverged"),
        ({"reason": cannot_decide(3, 4), "lost": 2, "n": 3, "n_completed": 1}, "too few seeds"),
        ({"reason": LOST_FOLD}, "a fold diverged"),
        ({"reason": STILL_TRAINING}, ""),
        ({"reason": NOT_SIGNIFICANT, "p_adjusted": math.nan}, ""),
    ],
)
def test_the_basis_of_a_verdict_in_a_few_words(given, said):
    assert short_reason(row(**given)) == said


@pytest.mark.parametrize(
    ("verdict", "metric", "expected"),
    [
        ("higher", "test_accuracy", "better"),
        ("lower", "test_accuracy", "worse"),
        ("higher", "test_loss", "worse"),
        ("lower", "test_loss", "better"),
        ("equivalent", "test_loss", "equivalent"),
    ],
)
def test_the_metric_says_which_direction_is_better(verdict, metric, expected):
    assert outcome(row(verdict=verdict, metric=metric)) == expected


@pytest.mark.parametrize(
    ("verdict", "margin", "p_beyond", "said"),
    [
        ("better", 0.01, 0.008, "more than the margin"),
        ("worse", 0.01, 0.4, "perhaps within the margin"),
        ("equivalent", 0.01, 1.0, ""),
        ("undecided", 0.01, 1.0, ""),
        ("higher", None, math.nan, ""),
    ],
)
def test_a_verdict_with_a_margin_says_whether_the_difference_exceeds_it(verdict, margin, p_beyond, said):
    given = {"verdict": verdict, "margin": margin, "p_beyond": p_beyond, "metric": "test_accuracy"}
    assert shown_beyond(row(**given)) == said
