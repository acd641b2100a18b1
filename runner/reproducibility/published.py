"""Published results of recipes, and judgements of measured results."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from runner.records.record import RunRecord

_TOLERANCE = 1e-3  # relative difference between a loss in float32 and one in float64


@dataclass(frozen=True)
class Data:
    """Required data of a recipe; None: any."""

    fingerprint: str | None = None  # its first digits are enough
    split: str | None = None  # hash of training, validation and test sets


@dataclass(frozen=True)
class Expectation:
    """A published result, and the accepted band for the mean over seeds, both in percent."""

    name: str
    source: str
    published: float
    band: tuple[float, float]
    overrides: list[str]
    seeds: int
    data: Data
    metric: str = "test_accuracy"  # a column of summary.csv
    penalized: bool = False  # whether the loss includes a penalty


@dataclass(frozen=True)
class Judgement:
    """An expectation with the measured values."""

    expectation: Expectation
    values: list[float]  # in percent, one per completed run
    faults: list[str]  # errors other than a mean outside the band

    @property
    def mean(self) -> float | None:
        """The mean over seeds, in percent."""
        return statistics.fmean(self.values) if self.values else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation over seeds."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @cached_property
    def reasons(self) -> list[str]:
        """Reasons for a failure; empty if it passes."""
        low, high = self.expectation.band
        if self.mean is None:
            return self.faults or ["nothing was measured"]
        distance = max(low - self.mean, self.mean - high)
        outside = [f"{distance:.2f} {'below' if self.mean < low else 'above'} the band"] if distance > 0 else []
        return [*self.faults, *outside]

    @property
    def passed(self) -> bool:
        """True if there is no reason for failure."""
        return not self.reasons

    def row(self) -> dict[str, Any]:
        """Return a row of verify.csv."""
        expected = self.expectation
        return {
            "recipe": expected.name,
            "source": expected.source,
            "metric": expected.metric,
            "published": expected.published,
            "low": expected.band[0],
            "high": expected.band[1],
            "measured": self.mean,
            "deviation": self.deviation,
            "n": len(self.values),
            "verdict": "pass" if self.passed else "fail",
            "reason": "; ".join(self.reasons),
            "overrides": " ".join(expected.overrides),
        }


def judge(expectation: Expectation, records: Sequence[RunRecord | None]) -> Judgement:
    """Judge an expectation against the records of its runs, one per seed; None stands for a run without a record.

    An incomplete run, wrong data or a loss that is not the cross-entropy is a fault, whatever the result.
    """
    values: list[float] = []
    faults: list[str] = []
    for seed, record in enumerate(records):
        if record is None or record.status != "completed":
            faults.append(f"seed {seed}: {record.status if record else 'no record'}")
            continue
        faults += [*_other_data(expectation.data, record), *_other_loss(record, penalized=expectation.penalized)]
        value = record.summary().get(expectation.metric)
        if value is None:
            faults.append(f"seed {seed}: no {expectation.metric}")
        else:
            values.append(100 * float(value))
    return Judgement(expectation, values, list(dict.fromkeys(faults)))


def _other_data(expected: Data, record: RunRecord) -> list[str]:
    fingerprint, split = str(record.dataset.get("fingerprint", "")), record.dataset.get("split")
    faults = []
    if expected.fingerprint and not fingerprint.startswith(expected.fingerprint):
        faults.append(f"wrong data: {record.dataset.get('name')} {fingerprint[:12]}, not {expected.fingerprint}")
    if expected.split and split != expected.split:
        faults.append(f"wrong split: {split}, not {expected.split}")
    return faults


def _other_loss(record: RunRecord, *, penalized: bool) -> list[str]:
    """Compare the test loss with the cross-entropy of the test predictions, computed without Keras."""
    loss, cross_entropy = record.test.get("loss"), record.scores.get("negative_log_likelihood")
    if loss is None or cross_entropy is None:
        return ["no test loss to compare with the predictions"]
    below = loss < cross_entropy * (1 - _TOLERANCE)
    above = loss > cross_entropy * (1 + _TOLERANCE) and not penalized
    said = f"wrong loss: {loss:.4g} on the test set, where the predictions' cross-entropy is {cross_entropy:.4g}"
    return [said] if below or above else []


def verification_table(judgements: Sequence[Judgement]) -> Table:
    """Return a table for the terminal with one row per recipe."""
    table = Table(box=SIMPLE_HEAD)  # fits in 80 columns
    table.add_column("recipe", no_wrap=True)
    table.add_column("source", overflow="fold")
    for column in ("published", "band", "measured (n)"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for one in judgements:
        expected = one.expectation
        low, high = expected.band
        measured = "-" if one.mean is None else f"{one.mean:.2f}"
        verdict = Text("pass", "green") if one.passed else Text("FAIL", "bold red")
        table.add_row(
            Text(expected.name),
            Text(expected.source),
            f"{expected.published:.2f}",
            f"{low:g}-{high:g}",
            f"{measured}\N{NO-BREAK SPACE}({len(one.values)})",
            verdict,
        )
    return table
