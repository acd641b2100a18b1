import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from runner.reporting.aggregate import aggregate_frame, comparison_frame
from runner.reporting.predictions import Answers
from runner.reporting.statistics.test_set_error import with_test_set_error
from runner.reporting.tables.paper_table import paper_table
from runner.reporting.verdicts import verdicts
from tests.reporting.test_aggregate import runs

pytestmark = pytest.mark.usefixtures("few_resamples")

EXAMPLES, SEEDS = 800, 8
LABELS = np.zeros(EXAMPLES, np.int32)


def answered(generator, hard, better=0.0):
    """The answers of eight runs: all of a variant's runs find the same examples hard."""
    return [generator.random(EXAMPLES) > hard * (1 - better) for _ in range(SEEDS)]


def both_answered(seed):
    generator = np.random.default_rng(seed)
    hard = np.where(generator.random(EXAMPLES) < 0.2, 0.9, 0.005)
    return answered(generator, hard), answered(generator, hard, better=0.05)


@pytest.fixture(scope="module")
def right():
    return both_answered(5)


def measured(right, answers=None, change=None):
    sides = [runs(name, [float(own.mean()) for own in side]) for name, side in zip("ab", right, strict=True)]
    summary = pd.concat(sides, ignore_index=True)
    summary = summary if change is None else change(summary)
    given = [Answers(LABELS, own) for side in right for own in side] if answers is None else answers
    compared = with_test_set_error(comparison_frame(summary, "test_accuracy", "a"), summary, given)
    return summary, compared


def test_the_error_of_a_difference_is_paired_over_the_test_examples(right):
    _, compared = measured(right)
    (row,) = compared.to_dict("records")
    by_example = [
        sum(int(side[seed][example]) for seed in range(SEEDS)) / SEEDS for side in right for example in range(EXAMPLES)
    ]
    differences = [b - a for a, b in zip(by_example[:EXAMPLES], by_example[EXAMPLES:], strict=True)]
    assert row["test_set_error"] == pytest.approx(stats.sem(differences))
    share = np.mean([own.mean() for own in right[0]])
    assert row["test_set_error"] < math.sqrt(share * (1 - share) / EXAMPLES) / 2  # the one of an accuracy is far larger
    assert row["test_examples"] == EXAMPLES
    assert row["difference"] == pytest.approx(np.mean(differences))


def test_the_two_level_interval_holds_fresh_seeds_and_examples_and_is_below_the_bootstraps(right):
    _, compared = measured(right)
    (row,) = compared.to_dict("records")
    assert row["two_level_low"] < row["ci_low"] < row["ci_high"] < row["two_level_high"]
    differences = np.array(right[1], float) - np.array(right[0], float)
    generator = np.random.default_rng(6)
    means = [
        differences[np.ix_(generator.integers(0, SEEDS, SEEDS), generator.integers(0, EXAMPLES, EXAMPLES))].mean()
        for _ in range(2000)
    ]
    fresh = [np.subtract(*(np.mean(side) for side in both_answered(100 + draw))) for draw in range(300)]
    half = (row["two_level_high"] - row["two_level_low"]) / 2
    t = stats.t.ppf(0.975, SEEDS - 1)
    assert t * np.std(fresh) < half < t * np.std(means)


def error_of(right, seeds):
    """The error of the difference over some seeds alone."""
    _, compared = measured([[side[seed] for seed in seeds] for side in right])
    return pytest.approx(compared["test_set_error"][0])


def test_the_error_is_of_the_runs_that_were_compared(right):
    """Three of b's seeds had another split, and are no pairs."""
    split = ["s"] * SEEDS + ["other"] * 3 + ["s"] * (SEEDS - 3)
    _, compared = measured(right, change=lambda summary: summary.assign(split=split))
    assert compared["unmatched"][0] == 3
    assert compared["test_set_error"][0] == error_of(right, range(3, SEEDS))
    assert compared["test_set_error"][0] != error_of(right, range(SEEDS))


def test_the_error_is_of_pairs_by_seed_where_variants_have_no_cell_in_common(right):
    def change(summary):
        return summary.assign(cell=summary["variant"], seed=[*range(SEEDS), *range(2), *range(12, 10 + SEEDS)])

    _, compared = measured(right, change=change)
    assert (compared["test"][0], compared["n_completed"][0]) == ("paired sign-flip, exact", 2)
    assert compared["test_set_error"][0] == error_of(right, range(2))


def test_without_pairs_the_error_is_of_all_completed_runs_but_those_of_a_lost_seed(right):
    """Seed 0 of b diverged in another cell, so its completed run is not in the difference either."""
    lost = runs("b", [math.nan], ["diverged"]).assign(cell="hard")
    seeds = [*range(10, 10 + SEEDS), *range(SEEDS)]
    _, compared = measured(right, change=lambda summary: pd.concat(
        [summary.assign(seed=seeds, cell="easy"), lost], ignore_index=True
    ))  # fmt: skip
    assert compared["test"][0] == "rank-sum, exact"
    expected = np.mean(right[1][1:], axis=0) - np.mean(right[0], axis=0)
    assert compared["test_set_error"][0] == pytest.approx(stats.sem(expected))


@pytest.mark.parametrize("fault", ["without predictions", "other examples"])
def test_where_the_answers_cannot_be_compared_nothing_is_said_of_them(right, fault):
    answers = [Answers(LABELS, own) for side in right for own in side]
    answers[3] = None if fault == "without predictions" else Answers(LABELS + 1, right[0][3])
    summary, compared = measured(right, answers)
    assert compared["test_set_error"].isna().all()
    caption = paper_table(summary, aggregate_frame(summary, "test_accuracy"), compared, EXAMPLES).caption
    assert "the paired standard error of a difference is unknown" in caption


def test_the_caption_gives_the_paired_error_beside_that_of_an_accuracy(right):
    summary, compared = measured(right)
    caption = paper_table(summary, aggregate_frame(summary, "test_accuracy"), compared, EXAMPLES).caption
    error = f"{100 * compared['test_set_error'][0]:.2f}"
    assert f"points in one accuracy and of {error} in a paired difference" in caption


def test_a_claim_is_of_these_test_examples_and_says_where_others_may_not_show_it():
    """In every seed b is right on the same two examples more, of 800: significant over seeds, 1.4 errors from 0."""
    generator = np.random.default_rng(1)
    base = [generator.random(EXAMPLES) > 0.02 for _ in range(SEEDS)]
    for own in base:
        own[:2] = False
    more = [own.copy() for own in base]
    for own in more:
        own[:2] = True
    summary, compared = measured((base, more))
    sentence = verdicts(aggregate_frame(summary, "test_accuracy"), compared, {"a": "a", "b": "a"})["b"]
    assert "(no 95% CI, all differences equal; -0.17 to +0.67 including the test set's error; p = 0.008" in sentence
    assert sentence.endswith("; n = 8; holds for these 800 test examples, perhaps not for others).")


def test_where_neither_seeds_nor_examples_vary_there_is_no_two_level_interval(right):
    _, compared = measured((right[0], right[0]))
    assert compared["test_set_error"][0] == 0
    assert np.isnan([compared["ci_low"][0], compared["two_level_low"][0], compared["two_level_high"][0]]).all()


def test_an_interval_with_the_test_sets_error_may_begin_at_zero(right):
    summary, compared = measured(right)
    compared = compared.assign(two_level_low=0.0)
    sentence = verdicts(aggregate_frame(summary, "test_accuracy"), compared, {"a": "a", "b": "a"})["b"]
    assert "; +0.00 to +" in sentence
    assert " including the test set's error; p" in sentence


def test_a_difference_below_one_test_example_is_shown_and_called_that():
    """Two of eight seeds of b are right on one example more."""
    base = [np.arange(EXAMPLES) > 10 + seed for seed in range(SEEDS)]
    more = [own.copy() for own in base]
    more[0][0] = more[1][1] = True
    summary, compared = measured((base, more))
    sentence = verdicts(aggregate_frame(summary, "test_accuracy"), compared, {"a": "a", "b": "a"})["b"]
    assert "no significant difference from a: +0.03 percentage points (less than one test example) (" in sentence
