import pandas as pd
import pytest

from runner.records.record import RunRecord
from runner.reporting.aggregate import aggregate_frame, comparison_frame
from runner.reporting.verdicts import cautions, verdicts
from tests.reporting.test_aggregate import SEVEN, runs

pytestmark = pytest.mark.usefixtures("few_resamples")

RECORD = RunRecord(
    run_id="r", name="run", seed=0, status="completed", choices={}, overrides=[], dataset={}, parameters=1, started="",
    device={"name": "CPU", "intra_op_threads": 1}, versions={"tensorflow": "2.20"}, code={"commit": "c" * 40},
)  # fmt: skip


def said(*frames, records=(RECORD,), not_begun=0):
    summary = pd.concat(frames)
    aggregate, compared = aggregate_frame(summary, "test_accuracy"), comparison_frame(summary, "test_accuracy", "a")
    notes = cautions(aggregate, compared, list(records), [], not_begun)
    return verdicts(aggregate, compared, dict.fromkeys(summary["variant"], "a")), " ".join(notes)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([value + 0.01 for value in SEVEN], "+1.00 points against a: significantly better"),
        ([value - 0.01 for value in SEVEN], "-1.00 points against a: significantly worse"),
        (SEVEN[::-1], "no significant difference"),
    ],
)
def test_a_variant_has_one_plain_sentence(values, verdict):
    sentences, _ = said(runs("a", SEVEN), runs("b", values))
    assert "the others are compared with it" in sentences["a"]
    assert verdict in sentences["b"]


def test_below_six_seeds_nothing_is_claimed_and_it_says_why():
    sentences, notes = said(runs("a", SEVEN[:5]), runs("b", [0.1] * 5))
    assert "5 seeds cannot decide (6 can)" in sentences["b"]
    assert "0.0625" in notes


def test_a_baseline_of_two_seeds_is_too_few_for_a_claim():
    sentences, _ = said(runs("a", [0.5, 0.51], seeds=[10, 11]), runs("b", SEVEN))
    assert "2 seeds cannot decide (6 can)" in sentences["b"]


def test_a_lower_loss_is_better():
    summary = pd.concat([runs("a", SEVEN), runs("b", [value - 0.1 for value in SEVEN])])
    summary = summary.rename(columns={"test_accuracy": "test_loss"})
    aggregate, compared = aggregate_frame(summary, "test_loss"), comparison_frame(summary, "test_loss", "a")
    assert "significantly better" in verdicts(aggregate, compared, {"a": "a", "b": "a"})["b"]


def test_runs_that_were_lost_are_named():
    sentences, notes = said(runs("a", SEVEN), runs("b", [float("nan")] * 2, ["diverged", "failed"]))
    assert sentences["b"].startswith("b has no test_accuracy: none of its 2 runs completed. Against a: 1 seed cannot")
    assert "b: of 2 runs 1 diverged, 1 failed; it has no figures, and a run that diverged counts as lost" in notes


@pytest.mark.parametrize("which", ["a", "b"])
def test_nothing_is_claimed_while_either_side_is_training(which):
    frames = {name: runs(name, [value + shift for value in SEVEN]) for name, shift in {"a": 0, "b": 0.01}.items()}
    frames[which] = pd.concat([frames[which], runs(which, [float("nan")], ["running"], seeds=[7])])
    sentences, notes = said(*frames.values(), not_begun=1)
    assert sentences["b"].endswith("+1.00 points against a: runs are still training, and nothing is claimed.")
    assert f"still training: 1 of 8 runs of {which}. This is a glimpse" in notes
    assert "not begun: 1 planned run." in notes


def test_a_claim_says_of_which_runs_and_of_which_pairs_it_is():
    """Two of b's seeds diverged, and one of a's failed: of eight seeds each seven are pairs, one of them lost."""
    one = runs("a", [float("nan"), 0.5, *SEVEN[:6]], ["failed", *["completed"] * 7])
    other = runs("b", [float("nan")] * 2 + [value + 0.02 for value in SEVEN[:6]], ["diverged"] * 2 + ["completed"] * 6)
    sentences, _ = said(one, other)
    assert sentences["b"].startswith(
        "b has a mean test_accuracy of 94.50% over the 6 of 8 runs that completed, +2.00 points against a over the 6 "
        "seeds that both completed: no significant difference, with the 1 run of b that diverged counted as lost, "
        "among the 7 of 8 runs of a that completed (all differences equal, so no 95% interval, p = 0.359 after Holm, "
        "paired signed"
    )


def test_a_variant_that_always_diverges_is_worse_and_a_failed_one_is_not_compared():
    lost = [float("nan")] * 7
    sentences, _ = said(runs("a", SEVEN), runs("b", lost, ["diverged"] * 7), runs("c", lost, ["failed"] * 7))
    assert sentences["b"].startswith(
        "b has no test_accuracy: all of its 7 runs diverged. Against a: significantly worse, with the 7 runs of b that "
        "diverged counted as lost (p = 0.016 after Holm, paired signed-rank, exact, n = 7)"
    )
    assert sentences["c"] == "c has no test_accuracy: none of its 7 runs completed."


def test_where_the_seeds_cannot_decide_no_sentence_says_that_there_is_no_difference():
    lower = [value - 0.0315 - (-1) ** place * 0.001 for place, value in enumerate(SEVEN[:6])]
    worse = [runs(name, lower) for name in "bcd"]
    sentences, notes = said(runs("a", SEVEN[:6]), *worse)
    assert (
        "-3.15 points against a: 6 seeds cannot decide over 3 comparisons (7 can) (95% interval -3.26 to -3.04 of this "
        "comparison alone, p = 0.094 after Holm"
    ) in sentences["b"]
    assert "6 seeds cannot decide over 3 comparisons (7 can): an exact test on 6 pairs gives p >= 0.0312" in notes


def test_seeds_that_are_no_pairs_are_named():
    usual = {"split": "s", "weight_shapes": "small"}
    other = runs("b", SEVEN).assign(**usual, initial_weights=["w"] * 6 + ["x"])
    _, notes = said(runs("a", SEVEN).assign(**usual, initial_weights="w"), other)
    assert "b: 1 seed that it has in common with a is no true pair" in notes


def test_where_all_runs_are_pairs_nothing_more_is_said():
    sentences, _ = said(runs("a", SEVEN), runs("b", SEVEN[::-1]))
    assert "points against a: no significant difference (95%" in sentences["b"]


def test_where_the_baseline_has_no_figure_nothing_is_compared():
    lost = [float("nan")] * 2
    sentences, notes = said(runs("a", lost, ["failed"] * 2), runs("b", SEVEN), runs("c", SEVEN))
    assert sentences["b"].endswith("(n = 7); a, its baseline, has none to compare it with.")
    assert sentences["c"].endswith("(n = 7); a, its baseline, has none to compare it with.")
    assert "a: of 2 runs 2 failed; it has no figures." in notes
    alone, _ = said(runs("a", SEVEN), runs("b", lost, ["failed"] * 2))
    assert alone["a"].endswith("(n = 7).")


def test_one_is_no_plural():
    sentences, notes = said(runs("a", SEVEN[:1]), runs("b", SEVEN[:1]), runs("c", [float("nan")], ["diverged"]))
    assert "1 seed cannot decide over 2 comparisons (7 can)" in sentences["b"]
    assert sentences["c"].startswith("c has no test_accuracy: its one run diverged. Against a: 1 seed cannot decide")
    assert "c: of 1 run 1 diverged; it has no figures, and a run that diverged counts as lost" in notes


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


def test_what_is_not_paired_is_named():
    _, notes = said(runs("a", SEVEN), runs("b", SEVEN, seeds=range(10, 17)))
    assert "Welch's test: b." in notes
