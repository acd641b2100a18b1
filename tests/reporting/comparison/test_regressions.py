"""Verdicts on sides: better, worse, beyond a margin, identical, or undecidable with these seeds."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.reporting.comparison.regressions import (
    REGRESSION_COLUMNS,
    cautions_of,
    conclusion,
    regression_frame,
    shown_verdict,
    undecided_text,
    without_result,
)
from runner.reporting.comparison.sides import read_sides, sides_of

BEFORE = [0.95, 0.952, 0.948, 0.951, 0.953, 0.949, 0.947, 0.95]
GAINS = [-0.004, -0.002, -0.003, 0.001, -0.005, -0.0025, -0.0035, -0.0015]  # in whole test examples


@pytest.fixture
def compare(make_run, tmp_path):
    """compare(before={"sgd": [...]}, after={"sgd": [...]}, margin=0.001) -> (sides, rows by variant).

    A value of None is a diverged run; a text is the status of a run without a result.
    """

    def make(name, variants, facts):
        for variant, values in variants.items():
            for seed, value in enumerate(values):
                status = value if isinstance(value, str) else "completed" if value else "diverged"
                accuracies = [0.5, value] if status == "completed" else [0.5]
                own = {"label": variant, "seed": seed, "status": status} | facts
                make_run(f"{name}/{variant}{seed}", accuracies=accuracies, **own)

    def compare(before, after, margin=0.0, metric=None, facts=({}, {})):
        for name, variants, own in zip("ab", (before, after), facts, strict=True):
            make(name, variants, own)
        sides = read_sides(sides_of([tmp_path / "a", tmp_path / "b"], LeftOut()), metric, LeftOut())
        frame = regression_frame(sides, margin)
        assert list(frame) == REGRESSION_COLUMNS
        return sides, frame, {row["variant"]: row for row in frame.to_dict("records")}

    return compare


def changed(gains, before=BEFORE):
    return [round(value + gain, 4) for value, gain in zip(before, gains, strict=False)]


def exact_p(differences):
    """Return SciPy's exact p value of the mean under all sign flips, in whole test examples, so that ties are exact."""
    examples = np.rint(np.asarray(differences) * 10_000)
    found = stats.permutation_test(
        (examples, np.zeros_like(examples)),
        lambda one, other, axis=-1: np.abs(np.sum(one - other, axis=axis)),
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
    )
    return found.pvalue


def test_p_is_that_of_scipys_exact_permutation_test_and_the_difference_is_other_minus_reference(compare):
    _, _, rows = compare({"sgd": BEFORE}, {"sgd": changed(GAINS)})
    row = rows["sgd"]
    assert row["p_value"] == row["p_holm"] == pytest.approx(exact_p(GAINS))
    assert exact_p(GAINS) == pytest.approx(4 / 2**8)  # only the flip of the smallest difference is more extreme
    assert row["difference"] == pytest.approx(sum(GAINS) / 8)
    assert (row["reference_mean"], row["mean"]) == pytest.approx((np.mean(BEFORE), np.mean(changed(GAINS))))
    low, high = stats.ttest_1samp(GAINS, 0).confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    assert (row["n"], row["verdict"], row["fails"]) == (8, "worse", True)


def test_holm_covers_all_comparisons(compare):
    """By hand: the smallest p times 3, the next times 2, the last times 1, never decreasing."""
    small = [-0.001, 0.002, -0.001, 0.003, -0.002, 0.001, -0.003, 0.002]
    others = {"adam": changed(small), "lion": changed([0.01, 0.02, 0.01, 0.02, 0.01, 0.02, 0.01, 0.02])}
    _, _, rows = compare(dict.fromkeys(["sgd", "adam", "lion"], BEFORE), {"sgd": changed(GAINS), **others})
    assert rows["lion"]["p_holm"] == pytest.approx(3 * 2 / 2**8)
    assert rows["sgd"]["p_holm"] == pytest.approx(2 * exact_p(GAINS))
    assert rows["adam"]["p_holm"] == pytest.approx(exact_p(small))
    assert [rows[name]["verdict"] for name in ("lion", "sgd", "adam")] == ["better", "worse", "no difference shown"]


@pytest.mark.parametrize(("margin", "fails"), [(0.0, True), (0.0005, True), (0.002, False), (0.01, False)])
def test_a_margin_shifts_every_difference_before_the_test(compare, margin, fails):
    _, _, rows = compare({"sgd": BEFORE}, {"sgd": changed(GAINS)}, margin)
    shifted = [gain + margin for gain in GAINS]
    assert rows["sgd"]["p_margin"] == pytest.approx(exact_p(shifted))
    assert rows["sgd"]["fails"] == fails == (exact_p(shifted) < 0.05 and sum(shifted) < 0)
    assert rows["sgd"]["p_holm"] == pytest.approx(exact_p(GAINS))  # p of the difference itself
    expected = {0.0: "worse", 0.0005: "worse beyond the margin"}
    assert shown_verdict(rows["sgd"]) == expected.get(margin, "worse, but not shown to exceed the margin")


def test_of_a_loss_less_is_better(compare):
    """The last validation loss of `make_run` is 2 / epochs: 1 after two epochs."""
    sides, _, rows = compare({"sgd": BEFORE}, {"sgd": BEFORE}, metric="val_loss")
    assert rows["sgd"]["verdict"] == "identical"
    worse = sides.summary.assign(val_loss=[1.0] * 8 + [1.0 + 0.1 * seed for seed in range(1, 9)])
    sides = replace(sides, summary=worse)
    row = regression_frame(sides).iloc[0]
    assert (row["verdict"], row["fails"]) == ("worse", True)
    assert row["difference"] == pytest.approx(0.45)
    assert not regression_frame(sides, margin=0.5)["fails"].any()
    assert regression_frame(sides, margin=0.05)["fails"].all()


def test_equal_values_on_every_seed_are_identical_however_few_seeds(compare):
    _, frame, rows = compare({"sgd": BEFORE[:2], "adam": BEFORE}, {"sgd": BEFORE[:2], "adam": BEFORE})
    assert {shown_verdict(row) for row in rows.values()} == {"identical on every seed"}
    assert not frame["fails"].any()
    assert not list(undecided_text(frame))
    assert conclusion(frame, ["sgd", "adam"]) == "Identical. The test accuracy: identical on every seed (sgd, adam)."


def test_differences_that_cancel_are_not_identical(compare):
    _, _, rows = compare({"sgd": BEFORE}, {"sgd": changed([0.01, -0.01] * 4)})
    assert (rows["sgd"]["difference"], rows["sgd"]["verdict"]) == (pytest.approx(0), "no difference shown")


def test_diverged_runs_lose(compare):
    _, frame, rows = compare({"sgd": BEFORE}, {"sgd": [None] * 7 + [0.95]})
    row = rows["sgd"]
    assert (row["lost"], row["reference_lost"], row["n"], row["n_completed"]) == (7, 0, 8, 1)
    assert (row["verdict"], row["fails"]) == ("worse", True)
    assert row["test"].startswith("paired signed-rank")
    (caution,) = cautions_of(frame, ["sgd"])
    assert caution.startswith("sgd: 0 of the reference's runs and 7 of the other side's diverged and count as lost")


def test_a_side_that_diverged_on_every_seed_has_no_difference(compare):
    _, frame, rows = compare({"sgd": BEFORE}, {"sgd": [None] * len(BEFORE)})
    assert (rows["sgd"]["n_completed"], rows["sgd"]["verdict"]) == (0, "worse")
    (caution,) = cautions_of(frame, ["sgd"])
    assert caution.endswith("8 of the other side's diverged and count as lost; no difference is available.")


def test_diverged_on_both_sides_is_identical(compare):
    _, _, rows = compare({"sgd": [None, None, 0.9]}, {"sgd": [None, None, 0.9]})
    assert rows["sgd"]["verdict"] == "identical"


def test_a_metric_that_a_seed_lacks_on_both_sides_is_not_identical(compare):
    sides, *_ = compare({"sgd": BEFORE[:3]}, {"sgd": BEFORE[:3]})
    sides.summary.loc[sides.summary["seed"] == 2, "test_accuracy"] = np.nan
    assert list(regression_frame(sides)["verdict"]) == ["cannot be decided"]


class TestADesignThatCannotDecide:
    def test_it_says_so_and_does_not_fail_without_a_margin(self, compare):
        _, frame, rows = compare({"sgd": BEFORE[:3]}, {"sgd": [0.1, 0.1, 0.1]})
        assert shown_verdict(rows["sgd"]) == "undecided with 3 seeds"
        assert not rows["sgd"]["fails"]
        (text,) = undecided_text(frame)
        assert text.startswith("1 of 1 comparison cannot be decided: 3 seeds are too few (6 needed).")
        assert conclusion(frame, ["sgd"]).startswith("Not decided. The test accuracy: undecided with 3 seeds")

    def test_it_fails_if_every_pair_is_worse_beyond_the_margin(self, compare):
        _, frame, rows = compare({"sgd": BEFORE[:3]}, {"sgd": changed([-0.004, -0.003, -0.0011])}, margin=0.001)
        assert rows["sgd"]["fails"]
        assert math.isnan(rows["sgd"]["p_margin"])
        assert shown_verdict(rows["sgd"]) == "undecided with 3 seeds; every pair is worse beyond the margin"
        assert conclusion(frame, ["sgd"]).startswith("Worse in every pair, although the seeds cannot decide.")

    @pytest.mark.parametrize("last", [-0.001, -0.0005, 0.002])
    def test_one_pair_within_the_margin_is_enough_to_pass(self, compare, last):
        _, _, rows = compare({"sgd": BEFORE[:3]}, {"sgd": changed([-0.004, -0.003, last])}, margin=0.001)
        assert not rows["sgd"]["fails"]

    @pytest.mark.parametrize("after", [None, 0.9])
    def test_a_single_seed_fails_too(self, compare, after):
        _, _, rows = compare({"sgd": BEFORE[:1]}, {"sgd": [after]}, margin=0.01)
        assert rows["sgd"]["fails"]

    def test_six_seeds_cannot_decide_over_three_comparisons(self, compare):
        variants = ["sgd", "adam", "lion"]
        worse = changed([-0.01, -0.02, -0.01, -0.03, -0.02, -0.01])
        _, frame, rows = compare(dict.fromkeys(variants, BEFORE[:6]), dict.fromkeys(variants, worse))
        assert {row["verdict"] for row in rows.values()} == {"cannot be decided"}
        assert "6 seeds are too few for 3 comparisons (7 needed)" in next(undecided_text(frame))


def test_nothing_is_claimed_while_runs_train(compare):
    sides, *_ = compare({"sgd": BEFORE}, {"sgd": [*changed(GAINS)[:7], "running"]}, margin=0.0001)
    sides.summary.loc[sides.summary["status"] == "interrupted", "status"] = "running"  # no process holds its lock
    (row,) = regression_frame(sides, 0.0001).to_dict("records")
    assert (shown_verdict(row), row["fails"]) == ("runs are still training", False)


def test_other_initial_weights_make_no_pairs(compare):
    facts = [{"weights": {"shapes": "s", "values": value}} for value in "vw"]
    _, frame, rows = compare({"sgd": BEFORE}, {"sgd": changed(GAINS)}, facts=facts)
    assert rows["sgd"]["p_value"] == pytest.approx(stats.ttest_ind(BEFORE, changed(GAINS), equal_var=False).pvalue)
    (caution,) = cautions_of(frame, ["sgd"])
    assert caution == "sgd: not paired (one seed, a different split or different initial weights): Welch."


def test_runs_without_a_result_are_named_and_missing(compare):
    after = {"sgd": [*changed(GAINS)[:7], "failed"], "adam": ["failed"] * 8}
    sides, _, rows = compare({"sgd": BEFORE, "adam": BEFORE}, after)
    assert [*rows] == ["sgd"]
    assert rows["sgd"]["n"] == 7
    assert without_result(sides) == [
        "adam: of B's 8 runs, 8 failed; the comparison omits runs without a result.",
        "sgd: of B's 8 runs, 1 failed; the comparison omits runs without a result.",
    ]


def test_no_result_on_one_side_is_refused(compare):
    with pytest.raises(
        UserError, match=r"^test_accuracy: no variant has a result on both sides\. sgd: of B's 1 run, 1 failed"
    ):
        compare({"sgd": BEFORE[:1]}, {"sgd": ["failed"]})


def test_a_conclusion_names_the_variants_by_their_verdicts(compare):
    after = {"sgd": changed(GAINS), "adam": BEFORE}
    _, frame, _ = compare({"sgd": BEFORE, "adam": BEFORE}, after)
    assert conclusion(frame, [*frame["variant"]]) == (
        "Worse. The test accuracy: identical on every seed (adam); worse (sgd)."
    )


def test_a_conclusion_names_at_most_twelve_variants(compare):
    variants = {f"v{number:02}": BEFORE[:1] for number in range(14)}
    _, frame, _ = compare(variants, variants)
    assert conclusion(frame, [*variants]).endswith("v10, v11 and 2 more).")
