"""Test set error: the standard error of a difference of accuracies over test examples, and the two-level interval."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from runner.reporting.aggregate import compared_runs
from runner.reporting.predictions import Answers
from runner.reporting.statistics.comparisons import CONFIDENCE

TEST_SET_COLUMNS = ["test_examples", "test_set_error", "two_level_low", "two_level_high"]


def with_test_set_error(
    comparisons: pd.DataFrame, summary: pd.DataFrame, answers: Sequence[Answers | None]
) -> pd.DataFrame:
    """Add the error of the test set to comparisons of test accuracies: `TEST_SET_COLUMNS`.

    For each test example, take the share of the variant's runs that classify it correctly minus that of the baseline's
    runs. `test_set_error` is the standard error of the mean of these paired differences. It is smaller than that of one
    accuracy, because both variants misclassify mostly the same examples. The two-level interval combines it with the
    interval over seeds: its half-width is the root of the sum of squares of both half-widths, each with the t quantile
    of the seeds. The variation of single answers is part of both, so the interval is too wide rather than too narrow,
    like the bootstrap over seeds and examples (Owen 2007, "The pigeonhole bootstrap").
    All columns are NaN if predictions are missing or belong to different test examples.

    Args:
        comparisons: comparisons of test accuracies, from `comparison_frame`.
        summary: the runs behind them, one row per run.
        answers: the answers of each run, in the order of the summary.
    """
    rows = [_row(row, summary, answers) for row in comparisons.to_dict("records")]
    found = pd.DataFrame(rows, comparisons.index, TEST_SET_COLUMNS, dtype=float).astype({"test_examples": "Int64"})
    return comparisons.assign(**{name: found[name] for name in TEST_SET_COLUMNS})


def _row(found: dict[Any, Any], summary: pd.DataFrame, answers: Sequence[Answers | None]) -> dict[str, float | None]:
    shares = _right_by_example(found, summary, answers)
    if shares is None:
        return dict.fromkeys(TEST_SET_COLUMNS)
    differences = shares[0] - shares[1]
    examples = len(differences)
    error = float(np.std(differences, ddof=1)) / math.sqrt(examples)
    middle, freedom, reach = found["difference"], found["n_completed"] - 1, math.nan
    if freedom > 0:
        over_seeds = (found["ci_high"] - found["ci_low"]) / 2
        over_examples = error * float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))
        # Equal seeds have no interval and add nothing. If the examples are equal too, there is no interval.
        reach = math.hypot(0.0 if math.isnan(over_seeds) else over_seeds, over_examples) or math.nan
    return dict(zip(TEST_SET_COLUMNS, (examples, error, middle - reach, middle + reach), strict=True))


def _right_by_example(
    found: dict[Any, Any], summary: pd.DataFrame, answers: Sequence[Answers | None]
) -> list[npt.NDArray[np.float64]] | None:
    """Return the share of correct runs for each example: of the variant, then of the baseline.

    None if a run has no answers, or answers to different examples.
    """
    known = [[answers[place] for place in side] for side in compared_runs(summary, found)]
    first = next((own for own in known[0] if own), None)
    if first is None or len(first.labels) < 2 or not known[1]:
        return None
    if any(own is None or not np.array_equal(own.labels, first.labels) for side in known for own in side):
        return None
    return [np.mean([own.right for own in side if own], axis=0) for side in known]
