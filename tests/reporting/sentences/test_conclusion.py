import pandas as pd
import pytest

from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.comparison.best import best_marks, bests_by_variant, references
from runner.reporting.sentences.conclusion import conclusion, search_conclusion
from tests.reporting.comparison.test_aggregate import SEVEN, runs

pytestmark = pytest.mark.usefixtures("few_resamples")


def concluded(variants, baselines="a", *, metric="test_accuracy", margin=None, only_best=False):
    """Return the conclusion on runs of these variants, each with its values of seven seeds, or a frame."""
    frames = [one if isinstance(one, pd.DataFrame) else runs(name, one) for name, one in variants.items()]
    summary = pd.concat(frames).rename(columns={"test_accuracy": metric})
    aggregate = aggregate_frame(summary, metric)
    bests = bests_by_variant(summary, aggregate)
    marks = best_marks(bests, comparison_frame(summary, metric, references(bests), bootstrap=False))
    compared = comparison_frame(summary, metric, baselines, margin=margin, bootstrap=False)
    return conclusion(aggregate, compared, marks, only_best=only_best)


def moved(by, spread=0.0):
    return [value + by + spread * (-1) ** seed for seed, value in enumerate(SEVEN)]


def test_the_verdict_on_two_variants_has_both_means():
    found = concluded({"a": SEVEN, "b": moved(0.02)})
    assert found == "b is significantly better than a (mean test accuracy 95.00% versus 93.00%)."
    lower = concluded({"a": SEVEN, "b": moved(-0.02)}, metric="test_loss")
    assert lower == "b is significantly better than a (mean test loss with penalty 0.9100 versus 0.9300)."


def test_variants_are_listed_by_their_verdicts_and_the_best_with_those_that_equal_it():
    scores = {"a": SEVEN, "b": moved(0.02), "c": moved(-0.02), "d": moved(0.0001, 0.003), "e": moved(0.0195, 0.001)}
    assert concluded(scores) == (
        "Significantly better than a: b and e; significantly worse than a: c; undecided: d. "
        "Highest mean test accuracy: b (95.00%), not significantly different from e."
    )
    assert concluded(scores, only_best=True).startswith("Highest mean test accuracy: b")


def test_variants_that_equal_the_best_are_listed_once_if_it_is_the_baseline():
    assert concluded({"a": SEVEN, "b": moved(-0.001, 0.003), "c": moved(-0.02)}) == (
        "Significantly worse than a: c; undecided: b. Highest mean test accuracy: a (93.00%)."
    )


def test_a_variant_without_a_mean_is_worse_without_a_value():
    gone = runs("b", [float("nan")] * 7, ["diverged"] * 7)
    assert concluded({"a": SEVEN, "b": gone}) == "b is significantly worse than a."


def test_with_a_margin_equivalence_is_a_verdict():
    found = concluded({"a": SEVEN, "b": moved(0.0001, 0.0002), "c": moved(0.02)}, margin=0.005)
    assert found.startswith("Significantly better than a: c; equivalent to a within 0.5 percentage points: b.")


def test_many_variants_are_counted():
    found = concluded({"a": SEVEN, **{f"b{number}": moved(0.02 + number / 1000) for number in range(7)}})
    assert found == "Significantly better than a: 7 of 7 variants. Highest mean test accuracy: b6 (95.60%)."


def test_too_few_seeds_conclude_nothing():
    few = {name: runs(name, values[:2]) for name, values in {"a": SEVEN, "b": moved(0.02)}.items()}
    assert concluded(few) == (
        "2 seeds are too few (6 needed), so no difference from a is claimed. Highest mean test accuracy: b (92.50%)."
    )


def test_runs_that_still_train_conclude_nothing_yet():
    training = runs("b", [*SEVEN[:6], float("nan")], ["completed"] * 6 + ["running"])
    assert concluded({"a": SEVEN, "b": training}).startswith("Runs are still training, so nothing is claimed yet.")


def test_several_data_sets_share_the_name_of_the_baseline_and_each_has_its_best():
    gains = {"mnist": 0.0001, "wine": -0.002}
    frames = {}
    for dataset, gain in gains.items():
        for name, values in (("a", SEVEN), ("b", moved(gain, 0.003))):
            label = f"{name} [{dataset}]"
            frames[label] = runs(label, values).assign(dataset=dataset)
    baselines = {label: f"a {label[2:]}" for label in frames}
    assert concluded(frames, baselines) == (
        "No significant difference from a was found on any data set. "
        "Highest mean test accuracy: b [mnist] (93.05%) and a [wine] (93.00%)."
    )


def test_a_search_concludes_with_its_best_point_and_its_scores_on_fresh_seeds():
    selected = {"metric": "val_accuracy", "budget": 24, "point": "optimizer=adam", "tuned": 0.95, "fresh": 0.9, "n": 6}
    row = {"metric": "test_accuracy", "n": 6, "mean": 0.875}
    assert search_conclusion(selected, row) == (
        "Best of 24 trials: optimizer=adam. Mean validation accuracy: 95.00% in the search, 90.00% over 6 fresh seeds. "
        "Mean test accuracy: 87.50%."
    )
    assert search_conclusion(selected | {"n": 0}, row | {"n": 0}) == (
        "Best of 24 trials: optimizer=adam. Mean validation accuracy: 95.00% in the search."
    )


def test_a_single_variant_has_no_conclusion():
    assert concluded({"a": SEVEN}) == ""
