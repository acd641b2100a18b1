import math

import numpy as np
import pandas as pd
import pytest

from runner.records.design import Looks
from runner.reporting.comparison.aggregate import (
    AGGREGATE_COLUMNS,
    COMPARISON_COLUMNS,
    aggregate_frame,
    comparison_frame,
)
from runner.reporting.comparison.decision import can_decide
from runner.reporting.comparison.pairs import ComparedRuns

pytestmark = pytest.mark.usefixtures("few_resamples")


def runs(variant, values, statuses=None, fingerprint="f", seeds=None):
    """Return a summary with one run per value; None is a run without a value."""
    return pd.DataFrame(
        {
            "variant": variant,
            "seed": list(seeds or range(len(values))),
            "status": statuses or ["completed"] * len(values),
            "test_accuracy": values,
            "epochs": 5,
            "train_seconds": 1.0,
            "parameters": 10,
            "dataset": "mnist",
            "fingerprint": fingerprint,
        }
    )


SEVEN = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96]


def test_columns_are_those_that_others_rely_on():
    summary = pd.concat([runs("a", SEVEN), runs("b", SEVEN)])
    assert list(aggregate_frame(summary, "test_accuracy")) == AGGREGATE_COLUMNS
    assert list(comparison_frame(summary, "test_accuracy", "a")) == COMPARISON_COLUMNS
    assert {"variant", "n", "mean", "std", "ci_low", "ci_high", "median", "iqm", "diverged", "failed"} <= set(
        AGGREGATE_COLUMNS
    )


def test_runs_without_a_figure_are_counted_and_not_averaged():
    values = [0.5, 0.7, np.nan, np.nan]
    summary = runs("a", values, ["completed", "completed", "diverged", "failed"])
    (row,) = aggregate_frame(summary, "test_accuracy").to_dict("records")
    assert (row["n"], row["mean"]) == (2, pytest.approx(0.6))
    assert (row["completed"], row["diverged"], row["failed"]) == (2, 1, 1)


def test_a_variant_without_any_figure_is_in_the_table():
    summary = pd.concat([runs("a", SEVEN), runs("b", [np.nan] * 7, ["diverged"] * 7)])
    aggregate = aggregate_frame(summary, "test_accuracy").set_index("variant")
    assert aggregate.loc["b", "n"] == 0
    assert aggregate.loc["b", "diverged"] == 7
    (row,) = comparison_frame(summary, "test_accuracy", "a").to_dict("records")
    assert (row["p_value"], row["verdict"]) == (2 / 2**7, "lower")  # a diverged run counts as lost
    assert (row["n"], row["n_completed"], row["lost"]) == (7, 0, 7)
    failed = pd.concat([runs("a", SEVEN), runs("b", [np.nan] * 7, ["failed"] * 7)])
    assert comparison_frame(failed, "test_accuracy", "a").empty


def test_variants_are_paired_by_seed_where_both_have_it():
    better = [value + 0.01 for value in SEVEN]
    summary = pd.concat([runs("a", SEVEN), runs("b", better[::-1], seeds=[6, 5, 4, 3, 2, 1, 0])])
    (row,) = comparison_frame(summary, "test_accuracy", "a").to_dict("records")
    assert row["test"].startswith("paired")
    assert row["difference"] == pytest.approx(0.01)
    assert row["p_value"] == row["p_holm"] == pytest.approx(2 / 2**7)
    assert row["verdict"] == "higher"


def test_a_seed_that_failed_on_one_side_makes_no_pair():
    other = runs("b", [0.95] * 6 + [np.nan], ["completed"] * 6 + ["failed"])
    (row,) = comparison_frame(pd.concat([runs("a", SEVEN), other]), "test_accuracy", "a").to_dict("records")
    assert row["n"] == 6


@pytest.mark.parametrize("other", [{"fingerprint": "g"}, {"seeds": range(10, 17)}])
def test_what_has_other_data_or_seeds_is_not_paired(other):
    summary = pd.concat([runs("a", SEVEN), runs("b", SEVEN, **other)])
    (row,) = comparison_frame(summary, "test_accuracy", "a").to_dict("records")
    assert row["test"] == "Welch"


def test_below_six_seeds_nothing_is_claimed():
    summary = pd.concat([runs("a", [0.1] * 5), runs("b", [0.9, 0.91, 0.92, 0.93, 0.94])])
    (row,) = comparison_frame(summary, "test_accuracy", "a").to_dict("records")
    assert (row["verdict"], row["reason"]) == ("undecided", "5 seeds are too few (6 needed)")
    assert not math.isnan(row["ci_low"])


@pytest.mark.parametrize(("baseline", "other"), [(SEVEN, [0.9, 0.91]), ([0.9, 0.91], SEVEN)])
def test_nothing_is_claimed_where_either_side_has_too_few_seeds(baseline, other):
    summary = pd.concat([runs("a", baseline), runs("b", other, seeds=range(10, 10 + len(other)))])
    (row,) = comparison_frame(summary, "test_accuracy", "a").to_dict("records")
    assert (row["test"], row["n"]) == ("Welch", 2)
    assert (row["verdict"], row["reason"]) == ("undecided", "2 seeds are too few (6 needed)")


def test_holm_is_over_all_comparisons():
    better = [value + 0.01 for value in SEVEN]
    summary = pd.concat([runs("a", SEVEN), runs("b", better), runs("c", better), runs("d", better)])
    assert list(comparison_frame(summary, "test_accuracy", "a")["p_holm"]) == pytest.approx([3 * 2 / 2**7] * 3)


@pytest.mark.parametrize(
    ("own", "test"),
    [
        ({}, "paired"),
        ({"split": "t"}, "Welch"),
        ({"initial_weights": "x"}, "Welch"),
        ({"initial_weights": "x", "weight_shapes": "large"}, "paired"),  # different shapes cannot share weights
        ({"initial_weights": None, "split": None}, "paired"),  # from an older version, which did not record them
    ],
)
def test_a_pair_has_the_same_split_and_initial_weights(own, test):
    usual = {"split": "s", "weight_shapes": "small", "initial_weights": "w"}
    summary = pd.concat([runs("a", SEVEN).assign(**usual), runs("b", SEVEN).assign(**usual | own)])
    (row,) = comparison_frame(summary, "test_accuracy", "a").to_dict("records")
    assert row["test"].startswith(test)


def compared(*frames, metric="test_accuracy", baseline="a", **options):
    frame = comparison_frame(pd.concat(frames), metric, baseline, bootstrap=False, **options)
    return {row["variant"]: row for row in frame.to_dict("records")}


def test_six_seeds_can_decide_over_any_number_of_comparisons():
    worse = [runs(f"b{place}", [value - 0.03 for value in SEVEN[:6]]) for place in range(9)]
    for found in compared(runs("a", SEVEN[:6]), *worse).values():
        assert (found["p_adjusted"], found["correction"], found["verdict"]) == (2 / 2**6, "max-T", "lower")


def test_with_holm_six_seeds_cannot_decide_over_three_comparisons():
    """0.094 is the smallest p that this design can give."""
    worse = [runs(name, [value - 0.03 for value in SEVEN[:6]]) for name in "bcd"]
    found = compared(runs("a", SEVEN[:6]), *worse, correction="holm")["b"]
    assert (found["p_adjusted"], found["correction"]) == (found["p_holm"], "Holm")
    assert found["p_holm"] == 3 * 2 / 2**6
    assert (found["verdict"], found["reason"]) == ("undecided", "6 seeds are too few for 3 comparisons (7 needed)")
    assert not can_decide(found)


def test_where_seven_seeds_could_decide_they_say_what_they_found():
    found = compared(runs("a", SEVEN), *(runs(name, SEVEN[::-1]) for name in "bcd"))["b"]
    assert (found["verdict"], found["reason"]) == ("undecided", "no significant difference")
    assert can_decide(found)
    one = compared(runs("a", SEVEN), runs("b", [value + 0.01 for value in SEVEN]))["b"]
    assert (one["verdict"], one["reason"]) == ("higher", "")


def test_comparisons_that_may_claim_nothing_are_not_in_the_family_of_holm():
    """One variant with eight wins in eight pairs, alongside seven variants with four seeds each."""
    eight = [*SEVEN, 0.97]
    found = compared(
        runs("a", eight), runs("b", [value + 0.01 for value in eight]), *(runs(f"c{n}", SEVEN[:4]) for n in range(7))
    )
    assert (found["b"]["p_holm"], found["b"]["verdict"]) == (2 / 2**8, "higher")
    assert math.isnan(found["c0"]["p_holm"])
    assert math.isnan(found["c0"]["p_adjusted"])
    assert found["c0"]["reason"] == "4 seeds are too few (6 needed)"


def test_comparisons_of_another_kind_count_as_another_group():
    """The runs of c diverge, so c is compared by ranks; each p is doubled for two groups until one is left."""
    lost = runs("c", [np.nan] * 7, ["diverged"] * 7)
    found = compared(runs("a", SEVEN), *(runs(name, [value + 0.01 for value in SEVEN]) for name in "bd"), lost)
    assert [found[name]["p_adjusted"] for name in "bcd"] == [2 * 2 / 2**7] * 3


def test_a_variant_that_varies_much_does_not_hide_another():
    wild = runs("c", np.add(SEVEN, [0.5, -0.5, 0.4, -0.4, 0.3, -0.3, 0.1]))
    found = compared(runs("a", SEVEN), runs("b", np.add(SEVEN, 0.001)), wild)
    assert (found["b"]["verdict"], found["c"]["verdict"]) == ("higher", "undecided")


def test_a_variant_that_diverges_on_five_seeds_of_twelve_is_not_better():
    base = [0.970 + n / 1000 for n in range(12)]
    lost = runs("b", [value + 0.0009 for value in base[:7]] + [np.nan] * 5, ["completed"] * 7 + ["diverged"] * 5)
    found = compared(runs("a", base), lost)["b"]
    assert found["verdict"] == "undecided"
    assert found["difference"] == pytest.approx(0.0009)
    assert (found["test"], found["n"], found["n_completed"]) == ("paired signed-rank, exact", 12, 7)
    assert (found["lost"], found["baseline_lost"]) == (5, 0)
    assert found["win_probability"] == pytest.approx(7 / 12)


def test_a_diverged_run_has_the_highest_loss():
    loss = runs("a", SEVEN).rename(columns={"test_accuracy": "test_loss"})
    lost = loss.assign(variant="b", status="diverged", test_loss=np.nan)
    found = compared(loss, lost, metric="test_loss")["b"]
    assert (found["verdict"], found["win_probability"]) == ("higher", 0)


def test_the_probability_of_winning_is_that_of_being_better_also_for_a_loss():
    loss = runs("a", SEVEN).rename(columns={"test_accuracy": "test_loss"})
    found = compared(loss, loss.assign(variant="b", test_loss=loss["test_loss"] - 0.01), metric="test_loss")["b"]
    assert (found["verdict"], found["win_probability"]) == ("lower", 1)


def test_variants_of_several_cells_are_compared_cell_by_cell():
    """`--by optimizer`: sgd diverges in all runs of the hard cell, and also loses the easy cell by 0.02."""
    easy, hard = [0.98, 0.97, 0.99, 0.98, 0.97, 0.98], [0.91, 0.92, 0.91, 0.90, 0.92, 0.91]
    adam = [runs("adam", easy).assign(cell="easy"), runs("adam", hard).assign(cell="hard")]
    sgd = [
        runs("sgd", [value - 0.02 for value in easy]).assign(cell="easy"),
        runs("sgd", [np.nan] * 6, ["diverged"] * 6).assign(cell="hard"),
    ]
    found = compared(*adam, *sgd, baseline="adam")["sgd"]
    assert found["difference"] == pytest.approx(-0.02)
    assert (found["verdict"], found["n"], found["p_value"]) == ("lower", 6, 2 / 2**6)  # flips of seeds, not of cells
    apart = [frame.assign(seed=frame["seed"] + 10) for frame in sgd]
    unpaired = compared(*adam, *apart, baseline="adam")["sgd"]
    assert unpaired["test"] == "rank-sum, exact"
    assert (unpaired["verdict"], unpaired["n_completed"]) == ("lower", 0)


def test_one_seed_that_is_no_pair_is_dropped_and_counted():
    eight = [*SEVEN, 0.97]
    usual = {"split": "s", "weight_shapes": "small"}
    other = runs("b", [value + 0.01 for value in eight]).assign(**usual, initial_weights=["w"] * 7 + ["x"])
    found = compared(runs("a", eight).assign(**usual, initial_weights="w"), other)["b"]
    assert (found["n"], found["unmatched"], found["p_value"]) == (7, 1, 2 / 2**7)


def test_a_variant_may_have_a_baseline_of_its_own():
    names = ["a", "b", "a'", "b'"]
    summary = pd.concat([runs(name, [value + n / 100 for value in SEVEN]) for n, name in enumerate(names)])
    frame = comparison_frame(summary, "test_accuracy", {"a": "a", "b": "a", "a'": "a'", "b'": "a'"})
    assert list(zip(frame["variant"], frame["baseline"], strict=True)) == [("b", "a"), ("b'", "a'")]
    assert list(frame["difference"]) == pytest.approx([0.01, 0.01])


def test_a_run_that_never_reached_the_target_counts_as_infinitely_slow():
    summary = runs("a", [0.9] * 4).assign(
        epochs_to_target=[2, np.nan, 4, np.nan],
        seconds_to_target=[0.2, np.nan, 0.4, np.nan],
        warm_seconds_to_target=[0.1, np.nan, 0.3, np.nan],
    )
    (row,) = aggregate_frame(summary.head(3), "test_accuracy", target=0.9).to_dict("records")
    times = row["epochs_to_target"], row["seconds_to_target"], row["warm_seconds_to_target"]
    assert (row["reached"], times) == (2, (4, 0.4, 0.3))
    (row,) = aggregate_frame(summary, "test_accuracy", target=0.9).to_dict("records")
    assert row["reached"] == 2
    assert math.isnan(row["epochs_to_target"])


def test_a_run_that_is_still_training_is_counted_and_did_not_miss_the_target():
    summary = runs("a", [0.9, 0.9, np.nan], ["completed", "completed", "running"]).assign(
        epochs_to_target=[2, 4, np.nan], seconds_to_target=[0.2, 0.4, np.nan], warm_seconds_to_target=[0.1, 0.3, np.nan]
    )
    (row,) = aggregate_frame(summary, "test_accuracy", target=0.9).to_dict("records")
    assert (row["runs"], row["completed"], row["running"]) == (3, 2, 1)
    assert (row["reached"], row["epochs_to_target"]) == (2, 3)


def test_the_budget_is_what_was_tried_to_tune_a_variant():
    frame = aggregate_frame(pd.concat([runs("a", SEVEN), runs("b", SEVEN)]), "test_accuracy", budgets={"a": 6})
    assert list(frame["budget"]) == [6, 1]


SMALL = [0.0002, -0.0002, 0.0003, -0.0001, 0.0001, -0.0003, 0.0002]  # differences


def with_margin(margin, *differences, seeds=7, metric="test_accuracy", **options):
    """Compare variants b, c, ... with a; they differ from it by these values on each seed."""
    base = np.array(SEVEN)[:seeds]
    frames = [runs("a", base), *(runs(name, base + own[:seeds]) for name, own in zip("bcdefgh", differences))]  # noqa: B905
    summary = pd.concat(frames).rename(columns={"test_accuracy": metric})
    compared = comparison_frame(summary, metric, "a", bootstrap=False, margin=margin, **options)
    return compared.set_index("variant")


def test_with_a_margin_the_verdict_is_one_of_four_words():
    large, wide = np.add(SMALL, 0.01), [0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.01]
    found = pd.concat([with_margin(0.001, SMALL, large), with_margin(0.001, -large, wide)])
    assert found["verdict"].tolist() == ["equivalent", "better", "worse", "undecided"]
    assert found["reason"].tolist() == ["", "", "", "neither a difference nor equivalence"]
    assert set(found["margin"]) == {0.001}
    assert all(can_decide(row) for row in found.to_dict("records"))


def test_of_a_loss_less_is_better():
    large = np.add(SMALL, 0.01)
    assert with_margin(0.001, large, -large, metric="test_loss")["verdict"].tolist() == ["worse", "better"]


def test_a_significant_difference_within_the_margin_is_equivalent():
    found = with_margin(0.001, [0.0003, 0.0004, 0.0002, 0.0003, 0.0005, 0.0003, 0.0002]).loc["b"]
    assert found["p_holm"] == 2 / 2**7
    assert (found["verdict"], found["p_equivalence"]) == ("equivalent", 1 / 2**7)


def test_p_of_equivalence_and_of_more_than_the_margin_are_adjusted_over_the_family():
    shifted = [np.add(SMALL, shift) for shift in (0, 0.01, 0.0)]
    found = with_margin(0.001, *shifted, correction="holm")
    assert found["p_equivalence"].tolist() == pytest.approx([3 / 2**7, 1, 3 / 2**7])
    assert found["p_beyond"].tolist() == pytest.approx([1, 3 * 2 / 2**7, 1])
    jointly = with_margin(0.001, *shifted)
    # If all signs are flipped, c is as far below the margin as b and d are above it.
    assert jointly["p_equivalence"].tolist() == pytest.approx([2 / 2**7, 1, 2 / 2**7])
    assert jointly["p_beyond"].tolist() == pytest.approx([1, 2 / 2**7, 1])


def test_without_a_margin_verdicts_are_as_they_were():
    found = with_margin(None, SMALL, np.add(SMALL, 0.01), np.subtract(SMALL, 0.01))
    assert found["verdict"].tolist() == ["undecided", "higher", "lower"]
    assert found.loc["b", "reason"] == "no significant difference"
    assert found[["margin", "p_equivalence", "p_beyond"]].isna().all(axis=None)
    tests = ["p_value", "p_holm", "effect_size", "win_probability"]
    pd.testing.assert_frame_equal(
        found[tests], with_margin(0.001, SMALL, np.add(SMALL, 0.01), np.subtract(SMALL, 0.01))[tests]
    )


def test_with_holm_six_seeds_show_equivalence_over_three_comparisons_but_no_difference():
    found = with_margin(0.001, SMALL, np.add(SMALL, 0.01), SMALL, seeds=6, correction="holm")
    assert found["verdict"].tolist() == ["equivalent", "undecided", "equivalent"]
    assert found.loc["b", "p_equivalence"] == pytest.approx(3 / 2**6)
    assert found.loc["c", "reason"] == "6 seeds can show equivalence but no difference for 3 comparisons (7 needed)"


@pytest.mark.parametrize(("seeds", "variants"), [(5, 1), (6, 4)])
def test_where_the_seeds_can_show_neither_nothing_is_claimed(seeds, variants):
    found = with_margin(0.001, *[SMALL] * variants, seeds=seeds, correction="holm")
    assert set(found["verdict"]) == {"undecided"}
    assert found["reason"].str.startswith(f"{seeds} seeds are too few").all()


def test_a_variant_with_a_diverged_run_loses_with_a_margin_too():
    lost = runs("b", [*SEVEN[:6], np.nan], ["completed"] * 6 + ["diverged"])
    found = comparison_frame(pd.concat([runs("a", SEVEN), lost]), "test_accuracy", "a", margin=0.5).iloc[0]
    assert (found["verdict"], found["lost"]) == ("undecided", 1)
    assert found["p_equivalence"] == 23 / 2**7  # see test_equivalence.py


def test_nothing_is_equivalent_while_runs_are_training():
    training = runs("b", [*SEVEN, np.nan], ["completed"] * 7 + ["running"])
    found = comparison_frame(pd.concat([runs("a", SEVEN), training]), "test_accuracy", "a", margin=0.5).iloc[0]
    assert (found["verdict"], found["reason"]) == ("undecided", "runs are still training")


def test_the_exact_interval_is_in_the_frame():
    differences = np.array([0.01, 0.03, -0.02, 0.04, 0.02, 0.05, 0.01])
    summary = pd.concat([runs("a", SEVEN), runs("b", SEVEN + differences)])
    found = comparison_frame(summary, "test_accuracy", "a").iloc[0]
    means = np.sort(
        [differences[np.flatnonzero([mask >> bit & 1 for bit in range(7)])].mean() for mask in range(1, 128)]
    )
    assert (found["exact_low"], found["exact_high"]) == pytest.approx((means[2], means[-3]))


LOOKS = Looks([6, 7], "obrien_fleming")  # with six seeds, the look may spend less than 2 / 2^6


def test_a_planned_look_counts_once_all_its_runs_have_ended():
    better = [value + 0.01 + seed / 1000 for seed, value in enumerate(SEVEN)]
    whole = compared(runs("a", SEVEN), runs("b", better), looks=LOOKS)["b"]
    assert (whole["looks"], whole["verdict"]) == (2, "higher")
    going_on = runs("b", [*better[:5], np.nan, np.nan], ["completed"] * 5 + ["interrupted"] * 2)
    none = compared(runs("a", [*SEVEN, 0.9]), going_on, runs("c", better), looks=LOOKS)
    assert (none["b"]["looks"], none["c"]["looks"]) == (0, 2)
    interrupted = runs("b", [*better[:6], np.nan], ["completed"] * 6 + ["interrupted"])
    early = compared(runs("a", SEVEN), interrupted, looks=LOOKS)["b"]
    assert (early["looks"], early["reason"]) == (1, "no significant difference")
    assert early["p_adjusted"] > early["p_value"] == 2 / 2**6


def test_between_planned_looks_difference_and_verdict_are_those_of_the_last_look():
    """After the look at six seeds, a seventh run of b is so bad that the mean of b is below that of a."""
    better = [value + 0.01 + seed / 1000 for seed, value in enumerate(SEVEN[:6])]
    summary = pd.concat([runs("a", SEVEN), runs("b", [*better, 0.1])])
    looks = Looks([6, 8])
    found = comparison_frame(summary, "test_accuracy", "a", looks=looks).iloc[0]
    assert (found["looks"], found["n"], found["verdict"]) == (1, 6, "higher")
    assert found["difference"] == pytest.approx(0.0125)
    assert 0 < found["repeated_low"] < 0.0125 < found["repeated_high"]
    assert [len(places) for places in ComparedRuns(summary, looks).of(found)] == [6, 6]
    assert [len(places) for places in ComparedRuns(summary).of(found)] == [7, 7]


def test_what_no_planned_look_has_tested_is_not_called_equal():
    unpaired = {"fingerprint": "other"}
    early = [*["completed"] * 6, "interrupted"]
    base, other = (runs(name, [*SEVEN[:6], np.nan], early) for name in "ab")
    found = compared(base, other.assign(**unpaired), looks=LOOKS)["b"]
    assert (found["test"], found["verdict"]) == ("Welch", "undecided")
    assert found["reason"] == "no planned look has tested it yet"
    ended = compared(runs("a", SEVEN), runs("b", np.subtract(SEVEN, 0.2)).assign(**unpaired), looks=LOOKS)["b"]
    assert ended["verdict"] == "lower"


def test_a_comparison_says_what_it_could_have_shown_with_its_own_spread_and_family():
    noise = np.random.default_rng(0).normal(0, 0.01, (4, 9))
    both = pd.concat([runs("a", noise[0] + 0.9), runs("b", noise[1] + 0.9)])
    several = pd.concat([both, runs("c", noise[2] + 0.9), runs("d", noise[3] + 0.9)])
    (alone,) = comparison_frame(both, "test_accuracy", "a")["detectable"]
    spread = np.std(noise[1] - noise[0], ddof=1)
    assert alone == pytest.approx(1.07 * spread, rel=0.15)  # 1.07: from the t-test with nine pairs
    assert comparison_frame(several, "test_accuracy", "a")["detectable"][0] > alone
    holm = comparison_frame(several, "test_accuracy", "a", correction="holm")["detectable"][0]
    assert holm > alone


def test_what_five_seeds_diverged_runs_or_unpaired_ones_could_have_shown_is_unknown():
    few = pd.concat([runs("a", SEVEN[:5]), runs("b", SEVEN[4::-1])])
    lost = pd.concat([runs("a", SEVEN), runs("b", SEVEN[::-1], ["diverged"] + ["completed"] * 6)])
    apart = pd.concat([runs("a", SEVEN), runs("b", SEVEN, seeds=range(10, 17))])
    for summary in (few, lost, apart):
        assert comparison_frame(summary, "test_accuracy", "a")["detectable"].isna().all()


def test_an_early_look_whose_runs_all_failed_shows_nothing_and_the_next_one_counts():
    looks, other = Looks([2, 8]), [value + 0.01 for value in SEVEN]
    failed = runs("b", [np.nan] * 2 + [*other[2:], 0.97], ["failed"] * 2 + ["completed"] * 6, seeds=range(8))
    whole = pd.concat([runs("a", [*SEVEN, 0.97]), failed])
    (row,) = comparison_frame(whole, "test_accuracy", "a", looks=looks, margin=0.1).to_dict("records")
    assert (row["looks"], row["n"]) == (2, 6)
    assert row["p_adjusted"] == pytest.approx(2 / 2**5, rel=2e-2)  # from the 5 pairs that differ at the last look
    first = whole[whole["seed"] < 2]
    assert comparison_frame(first, "test_accuracy", "a", looks=looks).empty


def test_there_is_no_repeated_interval_where_nothing_varies():
    summary = pd.concat([runs("a", [0.9] * 7), runs("b", [0.9] * 7)])
    (row,) = comparison_frame(summary, "test_accuracy", "a", looks=Looks([6, 7])).to_dict("records")
    assert np.isnan([row["repeated_low"], row["repeated_high"]]).all()


def test_a_look_counts_once_its_seeds_have_ended_in_every_cell():
    def in_cells(variant, later):
        early = runs(variant, SEVEN).assign(cell="x=1")
        return pd.concat([early, runs(variant, SEVEN[:later]).assign(cell="x=2")], ignore_index=True)

    for later, had in ((7, 2), (6, 1)):  # in one cell, the last seed has not started
        summary = pd.concat([in_cells("a", 7), in_cells("b", later)], ignore_index=True)
        (row,) = comparison_frame(summary, "test_accuracy", "a", looks=Looks([6, 7])).to_dict("records")
        assert row["looks"] == had


def test_the_reason_counts_joint_tests_where_these_are_adjusted():
    """Six pairs, with two kinds of tests: sign flips of differences and, with a diverged run, of ranks."""
    six = SEVEN[:6]
    lost = runs("d", [*six[:5], np.nan], ["completed"] * 5 + ["diverged"])
    summary = pd.concat([*(runs(name, six) for name in "abc"), lost])
    rows = comparison_frame(summary, "test_accuracy", "a")
    assert set(rows["reason"]) == {"6 seeds are too few for 2 joint tests (7 needed)"}
    rows = comparison_frame(summary, "test_accuracy", "a", correction="holm")
    assert set(rows["reason"]) == {"6 seeds are too few for 3 comparisons (7 needed)"}
