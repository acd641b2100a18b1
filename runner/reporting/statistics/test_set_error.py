"""Test-set error: uncertainty of a difference with respect to new test examples, and a test of two single networks."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from runner.reporting.comparison.pairs import ComparedRuns, same_data
from runner.reporting.statistics.answers import Answers
from runner.reporting.statistics.crossed import Crossed, Sample, variance_of_parts
from runner.reporting.statistics.resampling import RESAMPLED
from runner.reporting.statistics.t_quantile import t_quantile
from runner.reporting.statistics.ties import Values

BY_EXAMPLE = ("test_accuracy", *RESAMPLED)  # metrics for which the error due to the test set can be computed
TEST_SET_COLUMNS = [
    "test_examples", "test_set_error", "two_level_low", "two_level_high", "new_images_low", "new_images_high",
    "test_set_share", "p_mcnemar",
]  # fmt: skip


def with_test_set_error(
    comparisons: pd.DataFrame,
    summary: pd.DataFrame,
    answers: Sequence[Answers | None],
    compared: ComparedRuns,
) -> pd.DataFrame:
    """Add the error due to the test set, `TEST_SET_COLUMNS`, to comparisons by a metric of `BY_EXAMPLE`.

    For each test example, take the share of the variant's runs that classify it correctly minus the share of the
    baseline's runs. `test_set_error` is the standard error of the mean of these paired differences. It is smaller than
    the error of one accuracy, because both variants misclassify mostly the same examples. For calibration error and
    macro F1, it comes from a bootstrap over the test examples.

    The interval over new images comes from `Crossed`, for new seeds and new test examples. The two-level interval is
    its wider predecessor. Its half-width is the square root of the sum of squares of the half-widths over seeds and
    over examples, both with the t quantile of the seeds. It thus counts the residual variance twice.

    `p_mcnemar` compares two single runs with each other, not the variants.
    All columns are NaN if predictions are missing or belong to different test examples.

    Args:
        comparisons: from `comparison_frame`.
        summary: the compared runs, one row per run.
        answers: correctness of each run's predictions, in the order of the summary.
        compared: the runs from which each difference is computed.
    """
    runs = _Runs(summary)
    rows = [_row(row, runs, answers, compared.of(row)) for row in comparisons.to_dict("records")]
    found = pd.DataFrame(rows, comparisons.index, TEST_SET_COLUMNS, dtype=float).astype({"test_examples": "Int64"})
    return comparisons.assign(**{name: found[name] for name in TEST_SET_COLUMNS})


def mcnemar(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Return the exact two-sided p value of McNemar's test.

    Its null hypothesis: two networks have the same accuracy on new examples.

    Only examples that exactly one of them classifies correctly count. Without such examples, p is 1.

    Args:
        one: whether a network classifies each example correctly, (examples,).
        other: the same for the other network.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages".
    """
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    if only_one + only_other == 0:
        return 1.0
    return float(stats.binomtest(only_one, only_one + only_other).pvalue)


def _row(
    found: dict[Any, Any], runs: "_Runs", answers: Sequence[Answers | None], places: list[list[int]]
) -> dict[str, float]:
    labels = _common_labels([answers[place] for side in places for place in side])
    if labels is None or not all(places):
        return {}
    is_mean = found["metric"] not in RESAMPLED
    variant, baseline = (_Side.of(runs, own, found["metric"], answers) for own in places)
    known = {"test_examples": len(labels), "p_mcnemar": _single_runs_p(found, runs.summary, answers, places)}
    if min(len(variant.runs), len(baseline.runs)) < 2:
        parts = np.mean([*variant.parts()], axis=0) - np.mean([*baseline.parts()], axis=0)
        return known | {"test_set_error": math.sqrt(variance_of_parts(parts, is_mean=is_mean))}
    if str(found["test"]).startswith("paired"):
        differences = np.subtract([*variant.values()], [*baseline.values()]).tolist()
        pairs = (one - other for one, other in zip(variant.parts(), baseline.parts(), strict=True))
        crossed = Crossed.paired(Sample.of(differences, pairs, is_mean=is_mean), len(labels))
    else:
        one, other = (Sample.of([*side.values()], side.parts(), is_mean=is_mean) for side in (variant, baseline))
        crossed = Crossed.unpaired(one, other, len(labels), is_mean=is_mean)
    error = math.sqrt(crossed.from_examples)
    intervals = {"two_level": _two_level_reach(found, error), "new_images": crossed.reach}
    for name, reach in intervals.items():
        known |= {f"{name}_low": found["difference"] - reach, f"{name}_high": found["difference"] + reach}
    return known | {"test_set_error": error, "test_set_share": crossed.test_set_share}


class _Runs:
    """Seeds, cells and metrics of the runs, as arrays: selecting a side's rows from the summary is far slower."""

    def __init__(self, summary: pd.DataFrame) -> None:
        self.summary = summary
        self.seeds = summary["seed"].tolist()
        self.cells = summary["cell"].tolist() if "cell" in summary else [""] * len(summary)
        self._measured: dict[str, list[float]] = {}

    def measured(self, metric: str) -> list[float]:
        """Return the metric of each run."""
        if metric not in self._measured:
            self._measured[metric] = self.summary[metric].astype(float).tolist()
        return self._measured[metric]


@dataclass(frozen=True)
class _Side:
    """The runs of one side of a comparison by seed, averaged over runs of the same seed and cell and then over cells.

    `comparison_frame` averages them in the same way.
    """

    runs: Mapping[Hashable, list[list[int]]]  # positions of the runs in each cell, by seed
    scores: Mapping[int, float]
    answers: Mapping[int, Values | npt.NDArray[np.bool_]]

    @classmethod
    def of(cls, summary: _Runs, places: list[int], metric: str, answers: Sequence[Answers | None]) -> "_Side":
        runs: dict[Hashable, dict[Hashable, list[int]]] = {}
        for place in places:
            runs.setdefault(summary.seeds[place], {}).setdefault(summary.cells[place], []).append(place)
        known = {place: own for place in places if (own := answers[place])}
        scores = summary.measured(metric)
        return cls(
            runs={seed: [*cells.values()] for seed, cells in sorted(runs.items())},
            scores={place: scores[place] for place in places},
            answers={
                place: np.asarray(own.resampled) if metric in RESAMPLED else own.right for place, own in known.items()
            },
        )

    def values(self) -> Iterator[float]:
        """Yield the metric of each seed, in the order of the seeds."""
        for cells in self.runs.values():
            yield float(_mean([_mean([self.scores[place] for place in runs]) for runs in cells]))

    def parts(self) -> Iterator[Values]:
        """Yield the correct predictions of each seed, or its resampled values, in the order of the seeds."""
        for cells in self.runs.values():
            yield _mean([_mean([self.answers[place] for place in runs]) for runs in cells])


def _mean(parts: Sequence[Any]) -> Any:
    """Return the mean of numbers or arrays; for a single value, the usual case, NumPy is far slower."""
    return np.mean(parts, axis=0) if len(parts) > 1 else np.asarray(parts[0], float)


def _common_labels(answers: Sequence[Answers | None]) -> npt.NDArray[np.int32] | None:
    """Return the labels of two or more common test examples; None if a run has no predictions or different examples."""
    first = next((own.labels for own in answers if own), None)
    if first is None or len(first) < 2:
        return None
    common = (own is not None and (own.labels is first or np.array_equal(own.labels, first)) for own in answers)
    return first if all(common) else None


def _two_level_reach(found: Mapping[Any, Any], error: float) -> float:
    """Return the half-width of the two-level interval; NaN if neither seeds nor examples vary."""
    over_seeds = (found["ci_high"] - found["ci_low"]) / 2
    over_examples = error * float(t_quantile(found["n_completed"] - 1))
    return math.hypot(0.0 if math.isnan(over_seeds) else over_seeds, over_examples) or math.nan  # equal seeds add 0


def _single_runs_p(
    found: Mapping[Any, Any], summary: pd.DataFrame, answers: Sequence[Answers | None], places: list[list[int]]
) -> float:
    """Return McNemar's p value if each side is a single run on the same data and split; else NaN."""
    if found["metric"] in RESAMPLED or found["lost"] or found["baseline_lost"] or [*map(len, places)] != [1, 1]:
        return math.nan
    (one,), (other,) = places
    first, second = answers[one], answers[other]
    runs = summary.iloc[[one, other]].astype(object)
    if first is None or second is None or not same_data(*runs.where(runs.notna(), None).to_dict("records")):
        return math.nan
    return mcnemar(first.right, second.right)
