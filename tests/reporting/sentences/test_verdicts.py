import math
import re

import pandas as pd
import pytest

from runner.records.record import RunRecord
from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.sentences.verdicts import cautions, verdict_parts, verdicts
from runner.reporting.tables.paper_table import paper_table
from tests.reporting.comparison.test_aggregate import SEVEN, runs

pytestmark = pytest.mark.usefixtures("few_resamples")

RECORD = RunRecord(
    run_id="r", name="run", seed=0, status="completed", choices={}, overrides=[], dataset={}, parameters=1, started="",
    device={"name": "CPU", "intra_op_threads": 1}, versions={"tensorflow": "2.20"}, code={"commit": "c" * 40},
)  # fmt: skip


def said(*frames, records=(RECORD,), not_begun=0, **options):
    summary = pd.concat(frames)
    aggregate = aggregate_frame(summary, "test_accuracy")
    compared = comparison_frame(summary, "test_accuracy", "a", **options)
    notes = cautions(aggregate, compared, list(records), [], not_begun)
    return verdicts(aggregate, compared, dict.fromkeys(summary["variant"], "a")), " ".join(notes)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([value + 0.01 for value in SEVEN], "significantly better than a: +1.00 percentage points"),
        ([value - 0.01 for value in SEVEN], "significantly worse than a: -1.00 percentage points"),
        (SEVEN[::-1], "is undecided, with no significant difference from a: "),
    ],
)
def test_a_variant_has_one_plain_sentence(values, verdict):
    sentences, _ = said(runs("a", SEVEN), runs("b", values))
    assert sentences["a"] == "a (mean test accuracy 93.00%, n = 7) is the baseline."
    assert verdict in sentences["b"]


def test_below_six_seeds_nothing_is_claimed_and_it_says_why():
    sentences, notes = said(runs("a", SEVEN[:5]), runs("b", [0.1] * 5))
    assert "versus a: 5 seeds are too few (6 needed); -82.00 percentage points (95% CI" in sentences["b"]
    assert "0.0625" in notes


def test_a_caution_says_that_the_seeds_suffice_without_the_variant_that_diverged():
    six = SEVEN[:6]
    lost = runs("d", [*six[:5], math.nan], ["completed"] * 5 + ["diverged"])
    _, notes = said(runs("a", six), runs("b", six[::-1]), lost)
    assert "Lost runs need a second joint test; without d, 6 seeds suffice." in notes
    assert "suffice" not in said(runs("a", six[:5]), runs("b", six[:5]), lost)[1]


def test_a_baseline_of_two_seeds_is_too_few_for_a_claim():
    sentences, _ = said(runs("a", [0.5, 0.51], seeds=[10, 11]), runs("b", SEVEN))
    assert "2 seeds are too few (6 needed)" in sentences["b"]


def test_a_lower_loss_is_better():
    summary = pd.concat([runs("a", SEVEN), runs("b", [value - 0.1 for value in SEVEN])])
    summary = summary.rename(columns={"test_accuracy": "test_loss"})
    aggregate, compared = aggregate_frame(summary, "test_loss"), comparison_frame(summary, "test_loss", "a")
    assert "significantly better" in verdicts(aggregate, compared, {"a": "a", "b": "a"})["b"]


def test_an_interval_that_seems_to_contradict_p_is_explained():
    outlier = [value + gain for value, gain in zip(SEVEN, [0.01] * 6 + [0.3], strict=True)]
    sentences, notes = said(runs("a", SEVEN), runs("b", outlier))
    assert "b is significantly better" in re.sub(r" \([^)]*\)", "", sentences["b"])
    assert notes == (
        "b: the 95% interval contains 0, but p is below 0.05, because the interval assumes normally distributed "
        "differences and the test (paired sign-flip, exact) does not; the verdict follows p."
    )


def test_an_interval_without_the_correction_of_p_is_explained():
    gains = [0.01, 0.012, 0.011, 0.009, 0.01, 0.011, -0.001]
    others = [runs(name, [value + gain for value, gain in zip(SEVEN, gains, strict=True)]) for name in "bc"]
    sides = [runs("a", SEVEN), *others, runs("d", SEVEN[::-1])]
    _, notes = said(*sides, correction="holm")
    assert notes == (
        "b, c: the 95% interval excludes 0, but p is not below 0.05, because p is adjusted for multiple comparisons "
        "and the interval is not; the verdict follows p."
    )
    summary, metric = pd.concat(sides), "test_accuracy"
    compared = comparison_frame(summary, metric, "a", correction="holm")
    parts = verdict_parts(aggregate_frame(summary, metric), compared, dict.fromkeys("abcd", "a"))
    assert parts["b"].short == "No significant difference, although the interval excludes 0."  # the note says why


def test_times_that_are_often_equal_or_never_end_have_an_interval_that_counts_them():
    metric = "epochs_to_target"
    sides = runs("a", [5] * 10), runs("b", [5] * 3 + [6] * 6 + [float("nan")])
    summary = pd.concat(sides).rename(columns={"test_accuracy": metric})
    aggregate, compared = aggregate_frame(summary, metric), comparison_frame(summary, metric, "a")
    notes = cautions(aggregate, compared, [RECORD], [])
    (note,) = [note for note in notes if "interval" in note]
    assert note == (
        "b: the 95% interval contains 0, but p is below 0.05, because p excludes pairs of equal times and the "
        "interval includes them; the verdict follows p."
    )


def test_runs_that_were_lost_are_named():
    sentences, notes = said(runs("a", SEVEN), runs("b", [float("nan")] * 2, ["diverged", "failed"]))
    assert sentences["b"].startswith(
        "b (no test accuracy: none of its 2 runs completed) is undecided versus a: 1 seed is too"
    )
    assert "b: of 2 runs, 1 diverged, 1 failed; it has no results; comparisons count diverged runs as lost." in notes


@pytest.mark.parametrize("which", ["a", "b"])
def test_nothing_is_claimed_while_either_side_is_training(which):
    frames = {name: runs(name, [value + shift for value in SEVEN]) for name, shift in {"a": 0, "b": 0.01}.items()}
    frames[which] = pd.concat([frames[which], runs(which, [float("nan")], ["running"], seeds=[7])])
    sentences, notes = said(*frames.values(), not_begun=1)
    assert sentences["b"].endswith("a: runs are still training, so nothing is claimed; +1.00 percentage points.")
    assert f"still training: 1 of 8 runs of {which}. These results are preliminary" in notes
    assert "not yet started: 1 planned run." in notes


def test_a_claim_says_of_which_runs_and_of_which_pairs_it_is():
    """Two of b's seeds diverged, and one of a's failed: seven of the eight seeds are pairs, one of them lost."""
    one = runs("a", [float("nan"), 0.5, *SEVEN[:6]], ["failed", *["completed"] * 7])
    other = runs("b", [float("nan")] * 2 + [value + 0.02 for value in SEVEN[:6]], ["diverged"] * 2 + ["completed"] * 6)
    sentences, _ = said(one, other)
    assert sentences["b"].startswith(
        "b (mean test accuracy 94.50% over the 6 of 8 runs that completed) is undecided, with no "
        "significant difference from a: "
        "+2.00 percentage points over the 6 seeds that both completed (no 95% CI, all differences equal; p = 0.359; "
        "paired signed"
    )
    assert sentences["b"].endswith(
        "n = 7; counted as lost: 1 run of b that diverged; among the 7 of 8 runs of a that completed)."
    )


def test_a_variant_that_always_diverges_is_worse_and_a_failed_one_is_not_compared():
    lost = [float("nan")] * 7
    sentences, _ = said(runs("a", SEVEN), runs("b", lost, ["diverged"] * 7), runs("c", lost, ["failed"] * 7))
    assert sentences["b"].startswith(
        "b (no test accuracy: all 7 runs diverged) is significantly worse than a (p = 0.016; "
        "paired signed-rank, exact; n = 7; counted as lost: 7 runs of b that diverged)"
    )
    assert sentences["c"] == "c has no test accuracy: none of its 7 runs completed."


def test_where_the_seeds_cannot_decide_no_sentence_says_that_there_is_no_difference():
    lower = [value - 0.0315 - (-1) ** place * 0.001 for place, value in enumerate(SEVEN[:6])]
    worse = [runs(name, lower) for name in "bcd"]
    sentences, notes = said(runs("a", SEVEN[:6]), *worse, correction="holm")
    assert (
        "versus a: 6 seeds are too few for 3 comparisons (7 needed); -3.15 percentage points (95% CI -3.26 to -3.04, "
        "unadjusted; p = 0.094, adjusted by Holm"
    ) in sentences["b"]
    assert "6 seeds are too few for 3 comparisons (7 needed): an exact test on 6 pairs gives p >= 0.0312" in notes


def test_seeds_that_are_no_pairs_are_named():
    usual = {"split": "s", "weight_shapes": "small"}
    other = runs("b", SEVEN).assign(**usual, initial_weights=["w"] * 6 + ["x"])
    _, notes = said(runs("a", SEVEN).assign(**usual, initial_weights="w"), other)
    assert "b: 1 seed shared with a does not form a matched pair" in notes


def test_where_all_runs_are_pairs_nothing_more_is_said():
    sentences, _ = said(runs("a", SEVEN), runs("b", SEVEN[::-1]))
    assert "from a: +0.00 percentage points (95%" in sentences["b"]


def test_where_the_baseline_has_no_figure_nothing_is_compared():
    lost = [float("nan")] * 2
    sentences, notes = said(runs("a", lost, ["failed"] * 2), runs("b", SEVEN), runs("c", SEVEN))
    assert sentences["b"].endswith("(n = 7); its baseline, a, has no result.")
    assert sentences["c"].endswith("(n = 7); its baseline, a, has no result.")
    assert "a: of 2 runs, 2 failed; it has no results." in notes
    alone, _ = said(runs("a", SEVEN), runs("b", lost, ["failed"] * 2))
    assert alone["a"].endswith("(n = 7).")


def test_one_is_no_plural():
    sentences, notes = said(runs("a", SEVEN[:1]), runs("b", SEVEN[:1]), runs("c", [float("nan")], ["diverged"]))
    assert "1 seed is too few (6 needed)" in sentences["b"]
    assert sentences["c"].startswith(
        "c (no test accuracy: its only run diverged) is undecided versus a: 1 seed is too few"
    )
    assert "c: of 1 run, 1 diverged; it has no results; comparisons count diverged runs as lost." in notes


def test_other_versions_devices_and_code_are_noted():
    other = RunRecord(**vars(RECORD) | {"versions": {"tensorflow": "2.21"}, "device": {"name": "H200"}, "code": {}})
    _, notes = said(runs("a", SEVEN), runs("b", SEVEN), records=[RECORD, other])
    assert "the runs differ in their version of tensorflow: 2.20, 2.21." in notes
    assert "the runs differ in their device: CPU, H200." in notes
    assert "the runs differ in their commit: " in notes
    assert "Welch" not in notes


def test_processors_are_devices_where_they_computed():
    devices = [{"kind": "cpu", "name": "CPU", "processor": name} for name in ("Alpha", "Beta", "Beta")]
    on_gpu = [{"kind": "gpu", "name": "H200", "processor": name} for name in ("Alpha", "Beta")]
    for given, noted in {"device: Alpha, Beta.": devices, "": on_gpu}.items():
        records = [RunRecord(**vars(RECORD) | {"device": device}) for device in noted]
        _, notes = said(runs("a", SEVEN), records=records)
        assert given in notes
        assert bool(given) == ("differ in their device" in notes)


@pytest.mark.parametrize(
    ("processors", "others", "noted"),
    [(["Alpha"], [], ""), (["Alpha", "Beta"], [], "Alpha, Beta."), ([], ["H200"], "CPU, H200."),
     (["Alpha"], ["H200"], "Alpha, H200.")],
)  # fmt: skip
def test_an_older_record_without_a_processor_is_no_other_device(processors, others, noted):
    devices = [{"kind": "cpu", "name": "CPU"}, *({"kind": "gpu", "name": name} for name in others)]
    devices += [{"kind": "cpu", "name": "CPU", "processor": name} for name in processors]
    records = [RunRecord(**vars(RECORD) | {"device": device}) for device in devices]
    _, notes = said(runs("a", SEVEN), records=records)
    assert (f"differ in their device: {noted}" in notes) == bool(noted)


def test_a_comparison_without_a_p_value_says_so():
    """With seven equal unpaired values on both sides, Welch's test gives no p value."""
    sentences, _ = said(runs("a", [0.5] * 7), runs("b", [0.5] * 7, seeds=range(10, 17)))
    assert sentences["b"].endswith("(no 95% CI, all differences equal; no p value; Welch; n = 7).")


def test_what_is_not_paired_is_named():
    _, notes = said(runs("a", SEVEN), runs("b", SEVEN, seeds=range(10, 17)))
    assert "Welch's test: b." in notes


SMALL = [0.0002, -0.0002, 0.0003, -0.0001, 0.0001, -0.0003, 0.0002]  # differences


def shifted(differences, seeds=7):
    return [value + own for value, own in zip(SEVEN, differences, strict=True)][:seeds]


@pytest.mark.parametrize(
    ("differences", "verdict", "p_values"),
    [
        (
            SMALL,
            "b (mean test accuracy 93.00%) is equivalent to a within 0.1 percentage points: +0.0029",
            "; p = 0.008 for equivalence and p = 0.875 for a difference; paired sign-flip",
        ),
        (
            [abs(value) for value in SMALL],
            "is equivalent to a within 0.1 percentage points, though significantly different: +0.02 percentage points",
            "; p = 0.008 for equivalence and p = 0.016 for a difference; ",
        ),
        (
            [value + 0.01 for value in SMALL],
            "is significantly better than a by more than 0.1 percentage points: +1.00 percentage points (",
            "; p = 0.016 for a difference and p = 0.016 for more than the margin; ",
        ),
        (
            [value - 0.001 for value in SMALL],
            "is significantly worse than a, perhaps by less than 0.1 percentage points: -0.10 percentage points (",
            "p = 0.016 for a difference and p = 1.000 for more than the margin; ",
        ),
        (
            [0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.01],
            "with neither a significant difference from a nor equivalence within 0.1 percentage points: +0.14",
            "; p = 0.508 for equivalence and p = 1.000 for a difference; ",
        ),
    ],
)
def test_with_a_margin_the_sentence_says_which_of_four_verdicts_and_by_which_p(differences, verdict, p_values):
    sentences, _ = said(runs("a", SEVEN), runs("b", shifted(differences)), margin=0.001)
    assert verdict in sentences["b"]
    assert p_values in sentences["b"]


def test_where_the_seeds_can_show_equivalence_alone_the_sentence_and_a_note_say_so():
    others = [runs(name, shifted([value + 0.01 for value in SMALL], 6)) for name in "bcd"]
    sentences, notes = said(runs("a", SEVEN[:6]), *others, margin=0.001, correction="holm")
    assert (
        "b (mean test accuracy 93.50%) is undecided: not shown to be equivalent to a within 0.1 "
        "percentage points; 6 seeds can "
        "show equivalence but no difference for 3 comparisons (7 needed); +1.00 percentage points ("
    ) in sentences["b"]
    assert "gives p >= 0.0312 for a difference and p >= 0.0156 for equivalence, before any correction." in notes
    assert notes.count("claims no difference.") == 1


def test_where_the_seeds_can_show_neither_a_note_says_that():
    sentences, notes = said(runs("a", SEVEN[:5]), runs("b", shifted(SMALL, 5)), margin=0.001)
    assert "versus a: 5 seeds are too few (6 needed);" in sentences["b"]
    assert "claims neither a difference nor equivalence." in notes


@pytest.mark.parametrize(
    ("reach", "of_what", "caption_ends"),
    [
        (0.0009, "10,000 test examples", "not cover this error."),
        (
            0.0011,
            "the equivalence may hold for these 10,000 test examples only",
            "the interval of b contains the margin.",
        ),
    ],
)
def test_equivalence_on_these_test_examples_may_not_hold_on_others(reach, of_what, caption_ends):
    summary = pd.concat([runs("a", SEVEN), runs("b", shifted(SMALL))])
    about = {"test_examples": 10_000, "test_set_error": 0.0004, "new_images_low": -reach, "new_images_high": 0.0}
    compared = comparison_frame(summary, "test_accuracy", "a", margin=0.001).assign(**about)
    aggregate = aggregate_frame(summary, "test_accuracy")
    assert verdicts(aggregate, compared, {"a": "a", "b": "a"})["b"].endswith(f"; {of_what}).")
    assert paper_table(summary, aggregate, compared, {}, 10_000).caption.endswith(caption_ends)


def test_an_undecided_comparison_names_what_it_could_have_shown_and_a_decided_one_does_not():
    undecided, _ = said(runs("a", SEVEN), runs("b", SEVEN[::-1]))
    assert re.search(
        r"could have detected a difference of \d\.\d percentage points with 80% power\)\.$", undecided["b"]
    )
    decided, _ = said(runs("a", SEVEN), runs("b", [value + 0.01 + n / 1e4 for n, value in enumerate(SEVEN)]))
    assert "could have detected" not in decided["b"]
