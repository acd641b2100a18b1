import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats import contingency_tables

from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.comparison.pairs import ComparedRuns
from runner.reporting.sentences.verdicts import verdict_parts, verdicts
from runner.reporting.statistics.answers import Answers
from runner.reporting.statistics.test_set_error import mcnemar, with_test_set_error
from runner.reporting.tables.paper_table import paper_table
from tests.reporting.comparison.test_aggregate import runs

pytestmark = pytest.mark.usefixtures("few_resamples")

EXAMPLES, SEEDS = 800, 8
LABELS = np.zeros(EXAMPLES, np.int32)


def answered(generator, hard, better=0.0):
    """The predictions of eight runs, right or wrong; the same examples are hard for all runs of a variant."""
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
    found = comparison_frame(summary, "test_accuracy", "a")
    compared = with_test_set_error(found, summary, given, ComparedRuns(summary))
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
    assert row["test_set_error"] < math.sqrt(share * (1 - share) / EXAMPLES) / 2  # far below that of an accuracy
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
    """Return the error of the difference over only some seeds."""
    _, compared = measured([[side[seed] for seed in seeds] for side in right])
    return pytest.approx(compared["test_set_error"][0])


def test_the_error_is_of_the_runs_that_were_compared(right):
    """Three of b's seeds have a different split, so they are not pairs."""
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
    """Seed 0 of b diverged in another cell, so the difference does not include its completed run either."""
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
    caption = paper_table(summary, aggregate_frame(summary, "test_accuracy"), compared, {}, EXAMPLES).caption
    assert "the paired standard error of a difference is unknown" in caption


def test_the_caption_gives_the_paired_error_beside_that_of_an_accuracy(right):
    summary, compared = measured(right)
    caption = paper_table(summary, aggregate_frame(summary, "test_accuracy"), compared, {}, EXAMPLES).caption
    error = f"{100 * compared['test_set_error'][0]:.2f}"
    assert f"points in a single accuracy and of {error} in a paired difference" in caption


def test_a_claim_is_of_these_test_examples_and_says_where_others_may_not_show_it():
    """With every seed, b is right on the same 2 additional examples out of 800.

    The difference is significant, but only 1.4 standard errors from 0.
    """
    generator = np.random.default_rng(1)
    base = [generator.random(EXAMPLES) > 0.02 for _ in range(SEEDS)]
    for own in base:
        own[:2] = False
    more = [own.copy() for own in base]
    for own in more:
        own[:2] = True
    summary, compared = measured((base, more))
    sentence = verdicts(aggregate_frame(summary, "test_accuracy"), compared, {"a": "a", "b": "a"})["b"]
    reach = 100 * stats.norm.ppf(0.975) * stats.sem([1, 1] + [0] * (EXAMPLES - 2))
    new = f"{0.25 - reach:+.2f} to {0.25 + reach:+.2f} for new test examples"
    assert f"(no 95% CI, all differences equal; {new}; p = 0.008" in sentence
    assert sentence.endswith("; n = 8; the difference may hold for these 800 test examples only).")
    caption = paper_table(summary, aggregate_frame(summary, "test_accuracy"), compared, {}, EXAMPLES).caption
    assert caption.endswith("If widened to cover new examples, the interval of b contains 0.")


def test_where_neither_seeds_nor_examples_vary_there_is_no_interval_for_new_examples(right):
    _, compared = measured((right[0], right[0]))
    assert compared["test_set_error"][0] == 0
    columns = ["ci_low", "two_level_low", "two_level_high", "new_images_low", "new_images_high", "test_set_share"]
    assert compared[columns].isna().all(axis=None)


def anova(differences):
    """Return the variance of the grand mean of a seeds x examples table from its mean squares, as in textbooks."""
    seeds, examples = differences.shape
    rows, columns, grand = differences.mean(axis=1), differences.mean(axis=0), differences.mean()
    rest = differences - rows[:, None] - columns + grand
    of_seeds = examples * ((rows - grand) ** 2).sum() / (seeds - 1)
    of_examples = seeds * ((columns - grand) ** 2).sum() / (examples - 1)
    residual = (rest**2).sum() / ((seeds - 1) * (examples - 1))
    return of_seeds, of_examples, residual


def varied(seed):
    """Predictions, right or wrong: b is better than a on the hard examples, with some seeds more than with others."""
    generator = np.random.default_rng(seed)
    hard = np.where(generator.random(EXAMPLES) < 0.2, 0.9, 0.005)
    better = generator.uniform(0, 0.6, SEEDS)
    return answered(generator, hard), [answered(generator, hard, own)[0] for own in better]


def test_the_interval_for_new_examples_is_of_the_mean_squares_of_seeds_and_examples():
    right = varied(0)
    _, compared = measured(right)
    (row,) = compared.to_dict("records")
    of_seeds, of_examples, residual = anova(np.array(right[1], float) - np.array(right[0], float))
    assert residual < of_examples < of_seeds
    variance = (of_seeds + of_examples - residual) / (SEEDS * EXAMPLES)
    terms = [(of_seeds, SEEDS - 1), (of_examples, EXAMPLES - 1), (residual, (SEEDS - 1) * (EXAMPLES - 1))]
    freedom = (of_seeds + of_examples - residual) ** 2 / sum(square**2 / own for square, own in terms)
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    assert row["new_images_low"] == pytest.approx(row["difference"] - reach)
    assert row["new_images_high"] == pytest.approx(row["difference"] + reach)
    assert row["test_set_share"] == pytest.approx(1 - of_seeds / (SEEDS * EXAMPLES) / variance)
    assert row["two_level_low"] < row["new_images_low"] < row["ci_low"]


def test_several_cells_and_runs_of_a_seed_are_averaged_before_seeds_and_examples_are_crossed(right):
    """The eight runs are four seeds in two cells; b's seed 0 has two runs in the first cell."""
    seeds = [0, 0, 1, 1, 2, 2, 3, 3]
    change = lambda summary: summary.assign(seed=seeds * 2, cell=["x", "y"] * SEEDS)  # noqa: E731
    _, compared = measured(right, change=change)
    by_seed = [np.array(side, float).reshape(SEEDS // 2, 2, EXAMPLES).mean(axis=1) for side in right]
    differences = by_seed[1] - by_seed[0]
    of_seeds, of_examples, residual = anova(differences)
    (row,) = compared.to_dict("records")
    assert row["n"] == SEEDS // 2
    assert row["difference"] == pytest.approx(differences.mean())
    expected = max(of_seeds + of_examples - residual, of_seeds, of_examples)
    assert row["test_set_share"] == pytest.approx(1 - of_seeds / expected)


def single(right, **changes):
    """Two single runs, one of each variant."""
    return measured([[side[0]] for side in right], change=lambda summary: summary.assign(**changes))


def test_two_single_runs_are_compared_by_mcnemars_exact_test(right):
    _, compared = single(right)
    one, other = right[1][0], right[0][0]
    table = [[int((one & other).sum()), int((one & ~other).sum())], [int((~one & other).sum()), 0]]
    assert compared["p_mcnemar"][0] == pytest.approx(contingency_tables.mcnemar(table, exact=True).pvalue)
    assert compared[["new_images_low", "two_level_low", "test_set_share"]].isna().all(axis=None)
    assert compared["test_set_error"][0] == pytest.approx(stats.sem(one.astype(int) - other))


@pytest.mark.parametrize(("p_value", "verb"), [(0.003, "differ"), (0.3, "do not differ significantly")])
def test_a_sentence_on_two_single_runs_is_about_these_networks_and_not_about_the_variants(right, p_value, verb):
    summary, compared = single(right)
    sentence = sentence_with(summary, compared, p_mcnemar=p_value)
    assert sentence.endswith(
        f"; these two networks {verb} on these 800 test examples (McNemar, exact: p = {p_value:.3f}); one seed says "
        "nothing about the variants."
    )


@pytest.mark.parametrize("key", ["fingerprint", "split"])
def test_single_runs_on_other_data_or_another_split_are_not_compared_by_mcnemar(right, key):
    _, compared = single(right, **{key: ["one", "other"]})
    assert compared["p_mcnemar"].isna().all()


def test_mcnemar_without_discordant_examples_shows_nothing():
    same = np.array([True, False, True])
    assert mcnemar(same, same) == 1
    assert mcnemar(np.ones(8, bool), np.zeros(8, bool)) == pytest.approx(2 / 2**8)


def test_where_a_variant_has_several_runs_there_is_no_test_of_single_ones(right):
    _, compared = measured([right[0], right[1][:1]])
    assert compared["p_mcnemar"].isna().all()


def sentence_with(summary, compared, **changes):
    frame = compared.assign(**changes)
    return verdicts(aggregate_frame(summary, "test_accuracy"), frame, {"a": "a", "b": "a"})["b"]


def test_a_claim_names_the_test_examples_it_is_about_and_both_intervals(right):
    summary, compared = measured(right)
    sentence = sentence_with(summary, compared, new_images_low=0.001, new_images_high=0.02)
    assert " for these test examples, +0.10 to +2.00 if new test examples are included; p" in sentence
    assert sentence.endswith("; 800 test examples).")


def test_with_planned_looks_the_interval_for_new_examples_holds_for_one_look_and_says_so(right):
    summary, compared = measured(right)
    repeated = {"looks": 2, "repeated_low": 0.0005, "repeated_high": 0.025}
    sentence = sentence_with(summary, compared, new_images_low=0.001, new_images_high=0.02, **repeated)
    assert "95% CI +0.05 to +2.50 for these test examples, +0.10 to +2.00 if new test examples are included" in sentence
    assert "are included, but for this look alone; p" in sentence


def test_an_interval_for_new_examples_may_begin_at_zero_and_then_the_claim_is_of_these_alone(right):
    summary, compared = measured(right)
    sentence = sentence_with(summary, compared, new_images_low=0.0)
    assert " for these test examples, +0.00 to +" in sentence
    assert sentence.endswith("; the difference may hold for these 800 test examples only).")


@pytest.mark.parametrize(
    ("changes", "is_said"),
    [
        ({"new_images_low": 0.0}, True),
        ({"new_images_low": 0.001}, False),
        ({"new_images_low": 0.0, "verdict": "undecided", "reason": "no significant difference"}, False),
    ],
)
def test_a_claim_without_its_evidence_says_that_it_may_be_of_these_examples_alone(right, changes, is_said):
    summary, compared = measured(right)
    parts = verdict_parts(aggregate_frame(summary, "test_accuracy"), compared.assign(**changes), {"a": "a", "b": "a"})
    assert parts["b"].short.endswith("he difference may hold for these 800 test examples only.") == is_said


def test_a_difference_without_significance_may_be_these_examples_alone_too(right):
    """The interval over seeds is above 0, but the interval for new examples is not."""
    summary, compared = measured(right)
    undecided = {"verdict": "undecided", "reason": "no significant difference", "p_holm": 0.06}
    sentence = sentence_with(summary, compared, new_images_low=-0.001, **undecided)
    assert "; the difference may hold for these 800 test examples only; could have detected" in sentence
    assert "test examples only" not in sentence_with(
        summary, compared, new_images_low=-0.001, ci_low=-0.01, **undecided
    )


def test_a_difference_below_one_test_example_is_shown_and_called_that():
    """In two of eight seeds, b classifies one more example correctly."""
    base = [np.arange(EXAMPLES) > 10 + seed for seed in range(SEEDS)]
    more = [own.copy() for own in base]
    more[0][0] = more[1][1] = True
    summary, compared = measured((base, more))
    sentence = verdicts(aggregate_frame(summary, "test_accuracy"), compared, {"a": "a", "b": "a"})["b"]
    assert "no significant difference from a: +0.03 percentage points (less than one test example) (" in sentence


def test_a_difference_of_exactly_one_test_example_is_not_called_less():
    """In single precision, accuracies of 99 and 100 of 114 examples differ by 0.999998 of an example."""
    base = [np.arange(EXAMPLES) > 10 + seed for seed in range(SEEDS)]
    more = [np.arange(EXAMPLES) > 9 + seed for seed in range(SEEDS)]
    summary, compared = measured((base, more))
    compared["difference"] *= 0.999998
    sentence = verdicts(aggregate_frame(summary, "test_accuracy"), compared, {"a": "a", "b": "a"})["b"]
    assert "better than a: +" in sentence
    assert "less than one" not in sentence


def test_a_calibration_error_has_its_interval_from_resampled_test_examples(right):
    """Made-up resampled values with a known spread replace the bootstrap over the examples."""
    generator = np.random.default_rng(8)
    common = generator.normal(0, 0.003, 2_000)
    resampled = [[generator.normal(0, 0.001, 2_000) + common * side for _ in range(SEEDS)] for side in range(2)]
    metric = "test_expected_calibration_error"
    values = [generator.normal(0.03 + 0.001 * side, 0.0005, SEEDS) for side in range(2)]
    summary = pd.concat(
        [
            runs(name, list(own)).rename(columns={"test_accuracy": metric})
            for name, own in zip("ab", values, strict=True)
        ],
        ignore_index=True,
    )
    answers = [Answers(LABELS, right[0][0], own) for side in resampled for own in side]
    compared = with_test_set_error(comparison_frame(summary, metric, "a"), summary, answers, ComparedRuns(summary))
    (row,) = compared.to_dict("records")
    assert row["test_set_error"] == pytest.approx(math.hypot(0.003, 0.001 * math.sqrt(2 / SEEDS)), rel=0.05)
    assert row["new_images_low"] < 0 < row["ci_low"] < row["ci_high"] < row["new_images_high"]
    assert row["test_set_share"] > 0.9
    caption = paper_table(summary, aggregate_frame(summary, metric), compared, {}, EXAMPLES).caption
    error = f"{row['test_set_error']:.4f}"
    assert (
        f"The finite test set (800 examples) alone causes a standard error of {error} in a paired difference (boot"
        in caption
    )
    sentence = verdicts(aggregate_frame(summary, metric), compared, {"a": "a", "b": "a"})["b"]
    assert sentence.endswith("; the difference may hold for these 800 test examples only).")
