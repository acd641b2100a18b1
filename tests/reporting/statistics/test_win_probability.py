import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.reporting.comparison.aggregate import comparison_frame
from runner.reporting.statistics.win_probability import (
    all_won_interval,
    paired_win_interval,
    share_of_wins,
    unpaired_win_interval,
    win_claim,
)
from tests.benchmarks import calibration_wins


def of_wins(won, pairs):
    return np.repeat([1.0, 0.0], [won, pairs - won])


@pytest.mark.parametrize(("won", "pairs"), [(6, 10), (6, 7), (7, 11), (4, 10)])
def test_interval_over_pairs_has_the_binomial_quantiles_that_infinitely_many_resamples_would_give(won, pairs):
    expected = stats.binom(pairs, won / pairs).ppf([0.025, 0.975]) / pairs
    found = paired_win_interval(of_wins(won, pairs), np.arange(pairs))
    assert found == pytest.approx(tuple(expected))


@pytest.mark.parametrize("pairs", [1, 5, 6, 29])
def test_pairs_that_were_all_won_leave_the_exact_bound(pairs):
    """For n wins in n pairs, the bound p satisfies p^n = 2.5%."""
    wins, unit = np.ones(pairs), np.arange(pairs)
    assert paired_win_interval(wins, unit) == pytest.approx((0.025 ** (1 / pairs), 1))
    assert paired_win_interval(wins - 1, unit) == pytest.approx((0, 1 - 0.025 ** (1 / pairs)))
    higher = np.arange(pairs) + 100.0, np.arange(pairs + 3.0)
    assert unpaired_win_interval(*higher) == all_won_interval(pairs)
    assert unpaired_win_interval(*higher[::-1]) == all_won_interval(pairs, has_won=False)


def test_all_pairs_of_a_seed_are_drawn_together():
    wins, seeds = of_wins(5, 8), np.arange(8)
    alone = paired_win_interval(wins, seeds)
    assert paired_win_interval(np.tile(wins, 4), np.tile(seeds, 4)) == alone
    apart = paired_win_interval(np.tile(wins, 4), np.arange(32))
    assert apart[1] - apart[0] < 0.6 * (alone[1] - alone[0])


def test_without_variation_there_is_no_interval():
    ties = np.full(6, 0.5)
    assert np.isnan(paired_win_interval(ties, np.arange(6))).all()
    assert np.isnan(unpaired_win_interval(ties, ties)).all()
    assert np.isnan(unpaired_win_interval(np.array([2.0]), np.array([1.0, 3.0]))).all()


def test_share_of_wins_is_that_of_mann_and_whitney_with_ties_and_infinities():
    generator = np.random.default_rng(0)
    one, other = generator.integers(0, 5, (4, 7)).astype(float), generator.integers(0, 5, (4, 9)).astype(float)
    one[0, 0] = other[0, 0] = -np.inf  # both diverged: a tie
    expected = stats.mannwhitneyu(one, other, axis=1).statistic / 63
    assert share_of_wins(one, other) == pytest.approx(expected)
    assert share_of_wins(one.T, other.T, axis=0) == pytest.approx(expected)


def test_interval_over_both_samples_is_that_of_a_plain_bootstrap():
    generator = np.random.default_rng(1)
    one, other = generator.normal(0.5, 1, 9), generator.normal(0, 1, 12)
    wins = one[:, None] > other[None, :]
    drawn = generator.integers(0, 9, (20_000, 9)), generator.integers(0, 12, (20_000, 12))
    shares = [wins[np.ix_(*rows)].mean() for rows in zip(*drawn, strict=True)]
    found = unpaired_win_interval(one, other)
    assert found == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])), abs=0.02)


@pytest.mark.parametrize(
    ("interval", "claim"),
    [
        ((0.5, 1.0), "not significant"), ((0.51, 0.75), "not meaningful"), ((0.51, 0.76), "meaningful"),
        ((0.0, 0.5), "not significant"), ((0.25, 0.49), "worse, not meaningful"), ((0.2, 0.49), "worse, meaningful"),
        ((math.nan, math.nan), ""),
    ],
)  # fmt: skip
def test_claim_is_bouthilliers_criterion_and_the_same_from_the_other_side(interval, claim):
    assert win_claim(*interval) == claim


def compared(values, others, metric="test_accuracy", statuses=None, seeds=None):
    sides = [("a", others, None, None), ("b", values, statuses, seeds)]
    frames = [
        pd.DataFrame(
            {
                "variant": variant,
                "seed": seeds or range(len(own)),
                "status": statuses or "completed",
                metric: own,
            }
        )
        for variant, own, statuses, seeds in sides
    ]
    return comparison_frame(pd.concat(frames), metric, "a").iloc[0]


ASCENDING = np.linspace(0.5, 0.6, 10)
SIX_OF_TEN = ASCENDING + np.repeat([0.01, -0.01], [6, 4])


@pytest.mark.parametrize("metric", ["test_accuracy", "test_loss"])
def test_frame_gives_the_probability_of_being_better_whichever_way_the_metric_points(metric):
    sign = 1 if metric == "test_accuracy" else -1
    found = compared(sign * SIX_OF_TEN, sign * ASCENDING, metric)
    assert found["win_probability"] == pytest.approx(6 / 10)
    assert (found["win_low"], found["win_high"]) == pytest.approx((0.3, 0.9))
    assert found["win_claim"] == "not significant"


def test_diverged_runs_are_lost_pairs():
    statuses = ["completed"] * 6 + ["diverged"] * 4
    lost = compared(np.where(np.arange(10) < 6, SIX_OF_TEN, np.nan), ASCENDING, statuses=statuses)
    completed = compared(SIX_OF_TEN, ASCENDING)
    columns = ["win_probability", "win_low", "win_high"]
    assert lost[columns].tolist() == completed[columns].tolist()


def test_claims_need_six_seeds_and_runs_that_have_ended():
    assert compared(ASCENDING + 0.1, ASCENDING)["win_claim"] == "meaningful"
    assert compared(ASCENDING - 0.1, ASCENDING)["win_claim"] == "worse, meaningful"
    assert compared(ASCENDING + 0.1, ASCENDING, seeds=range(20, 30))["win_claim"] == "meaningful"  # unpaired
    few = compared(ASCENDING[:5] + 0.1, ASCENDING)
    assert pd.isna(few["win_claim"])
    assert few["win_low"] == pytest.approx(0.025 ** (1 / 5))
    training = ["completed"] * 9 + ["running"]
    assert pd.isna(compared(ASCENDING + 0.1, ASCENDING, statuses=training)["win_claim"])


def test_claims_of_few_pairs_are_false_as_often_as_the_documents_say():
    """If P(better) is 0.5, seven pairs make a claim if at least six of them agree: 16 of the 128 outcomes."""
    assert calibration_wins.paired(7, 0.5)["claim"] == pytest.approx(16 / 128)
    assert calibration_wins.paired(6, 0.5)["claim"] == pytest.approx(2 / 64)
    assert calibration_wins.paired(29, 0.5)["covers"] > 0.93
    assert calibration_wins.unpaired(6, 0.7, 60)["covers"].mean() > 0.85
