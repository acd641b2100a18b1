import re

import pytest

from runner.reporting.sentences.task_verdicts import claims_line, task_verdicts
from tests.reporting.comparison.test_tasks import DATASETS, compared, runs

pytestmark = pytest.mark.usefixtures("few_resamples")

GAINS = {"a": 0.0, "b": 0.02, "c": 0.0}


def test_sentence_says_the_claim_then_its_evidence():
    better, equal = task_verdicts(compared(runs(GAINS), rope=0.01).frame)
    assert better.startswith(
        "Over 8 data sets, b is significantly better than a (Wilcoxon's signed-rank test: p = 0.016 after Holm's "
        "correction; probability of improvement 0."
    )
    assert "for these data sets; Bayesian signed-rank test with ±1 percentage point: P(better) 1.00" in better
    assert equal.startswith("Over 8 data sets, c is undecided, with no significant difference from a (Wilcoxon's")


def test_where_the_data_sets_cannot_decide_nothing_is_claimed():
    (sentence,) = task_verdicts(compared(runs({"a": 0.0, "b": 0.02}), datasets=DATASETS[:4]).frame)
    assert sentence.startswith(
        "Over 4 data sets, b is undecided versus a: 4 data sets are too few (6 needed); probability of improvement 0."
    )
    assert "Bayesian" not in sentence
    assert re.search(r"; mean error relative to a 0\.\d\d, 95% CI 0\.\d\d to 0\.\d\d for these data sets\.$", sentence)


@pytest.mark.parametrize(
    ("gains", "datasets", "line"),
    [
        (GAINS, 8, "Wilcoxon over data sets, after Holm's correction, different from a: b (better)"),
        ({"a": 0.0, "b": 0.0}, 8, "Wilcoxon over data sets, after Holm's correction, different from a: none"),
        (
            {"a": 0.0} | {f"v{number}": 0.02 for number in range(7)}, 10,
            "Wilcoxon over data sets, after Holm's correction, different from a: 7 of 7 variants",
        ),
        (
            GAINS, 6,
            "Wilcoxon over data sets, after Holm's correction: 6 data sets are too few for 2 comparisons (7 needed)",
        ),
    ],
)  # fmt: skip
def test_line_names_the_variants_that_differ(gains, datasets, line):
    names = [f"d{number}" for number in range(datasets)]
    assert claims_line(compared(runs(gains, datasets=names), datasets=names).frame) == line


def test_without_a_baseline_there_is_no_sentence():
    frame = compared(runs(GAINS), baseline="absent").frame
    assert task_verdicts(frame) == []
    assert claims_line(frame) == ""
