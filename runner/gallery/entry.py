"""Entry of the gallery: a study, a search, a sweep, a report or a single run, as its files describe it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["study", "search", "sweep", "report", "run"]
State = Literal["complete", "running", "interrupted", "planned", "failed", "unreadable"]
Report = Literal["none", "old", "current"]  # old: it lacks the end of some runs
KINDS: dict[Kind, str] = {
    "study": "Studies",
    "search": "Searches",
    "sweep": "Sweeps",
    "report": "Other reports",
    "run": "Runs",
}  # states in the order of the page, with their headings


@dataclass(frozen=True)
class Finding:
    """A variant's result: its verdict, or its mean if nothing was compared."""

    variant: str
    word: str  # better, worse, equivalent, undecided; "" without a comparison
    value: str  # the difference with its interval, or the mean
    estimate: tuple[float, float, float] | None = None  # difference, low, high for the drawing
    dataset: str = ""  # in brackets, if the label has one: each data set has its own scale


@dataclass(frozen=True)
class Findings:
    """Results read from a report's tables."""

    about: str = ""  # metric, baseline and unit in words
    rows: Sequence[Finding] = ()
    reasons: Mapping[str, Sequence[str]] = field(default_factory=dict)  # the undecided variants by reason
    baseline: str = ""  # label of the baseline; "" if there are several, or none
    metric: str = ""  # metric of the differences; "" without a comparison


@dataclass(frozen=True)
class Curves:
    """A metric by epoch, one line per run."""

    metric: str
    lines: Sequence[Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Entry:
    """One row of the gallery."""

    path: Path
    kind: Kind
    title: str
    state: State
    detail: str  # the state in words: counts of runs, or an error
    date: str = ""  # date of its last start or end, UTC to the minute
    commit: str = ""
    datasets: str = ""
    findings: Findings = Findings()
    curves: Curves | None = None
    report: Report = "none"
    commands: Sequence[str] = ()  # commands that write the report or continue the runs
    notes: Sequence[str] = ()  # on files that could not be read
