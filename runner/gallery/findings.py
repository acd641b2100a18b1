"""Findings of a report, from its comparisons.csv and aggregate.csv."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.core.csv_cells import as_meant
from runner.core.read import read_rows
from runner.core.text import printable, shortened
from runner.gallery.entry import Finding, Findings
from runner.records.sweep_directory import Question
from runner.reporting.comparison.decision import BETTER, EQUIVALENT, UNDECIDED, WORSE, has_times, outcome
from runner.reporting.figures.drawing.names import print_names, with_names
from runner.reporting.metrics import (
    interval_text,
    quantity,
    seeds_interval,
    shown_unit,
    sign_of,
    signed_text,
    value_text,
)

COMPARISONS, AGGREGATE = "comparisons.csv", "aggregate.csv"
_TEXTS = ("variant", "baseline", "metric", "verdict", "reason")
_WORDS = (BETTER, WORSE, EQUIVALENT, UNDECIDED)
_DATASET = re.compile(r" \[[^\[\]]+\]$")  # the data set at the end of a label
_BEST = 5  # number of variants to show without a comparison


def with_display_names(findings: Findings, asked: Question) -> Findings:
    """Return findings with the display names of the report's figures.

    Args:
        asked: question of the study.
    """
    labels = [*filter(None, [findings.baseline]), *(row.variant for row in findings.rows)]
    names = print_names({label: _DATASET.sub("", label) for label in labels}, asked.variants, asked.names)
    rows = [replace(row, variant=names.get(row.variant, row.variant)) for row in findings.rows]
    reasons = {reason: [names.get(one, one) for one in own] for reason, own in findings.reasons.items()}
    return replace(findings, rows=rows, reasons=reasons, about=with_names(findings.about, names))


def read_findings(directory: Path) -> Findings:
    """Return the verdicts of a report or, if nothing was compared, its best means.

    Raises:
        ValueError: if a table cannot be read, naming the file.
    """
    for name, found in ((COMPARISONS, _verdicts), (AGGREGATE, _means)):
        try:
            rows = [_typed(row) for row in read_rows(directory / name)]
            if rows:
                return found(rows)
        except FileNotFoundError:
            continue
        except KeyError as error:
            raise ValueError(f"{name}: not a valid report table (no column {error})") from error
        except ValueError as error:
            raise ValueError(f"{name}: not a valid report table ({error})") from error
    return Findings()


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    """Return a row with numbers; an empty cell becomes NaN, or 0 in the column `looks`."""
    texts = {name: printable(as_meant(row[name])) for name in _TEXTS if name in row}
    numbers = {name: _number(cell) for name, cell in row.items() if name not in texts}
    looks = numbers.get("looks", math.nan)
    return {**numbers, **texts, "looks": 0 if math.isnan(looks) else looks}


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _verdicts(rows: Sequence[Mapping[str, Any]]) -> Findings:
    metric, baselines = rows[0]["metric"], {row["baseline"] for row in rows}
    unit = f" in {shown_unit(metric)}" if shown_unit(metric) else ""
    baseline = baselines.pop() if len(baselines) == 1 else ""
    return Findings(
        about=f"{quantity(metric)}, difference from {baseline or 'the baseline'}{unit}",
        rows=[_finding(row) for row in rows],
        reasons=_reasons(rows),
        baseline=baseline,
        metric=metric,
    )


def _reasons(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the variants that are undecided for each reason."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] == UNDECIDED and row["reason"]:
            found.setdefault(row["reason"], []).append(row["variant"])
    return found


def _finding(row: Mapping[str, Any]) -> Finding:
    start = "median" if has_times(row) else seeds_interval(row)
    difference = row["median_difference" if has_times(row) else "difference"]
    interval = interval_text(row, row["metric"], start)
    text = "" if math.isnan(difference) else signed_text(difference, row["metric"]) + f" {interval}" * (interval != "-")
    estimate = difference, row[f"{start}_low"], row[f"{start}_high"]
    word = outcome(row)
    if word not in _WORDS:
        raise ValueError(f"verdict {shortened(word)}")
    dataset = found.group() if (found := _DATASET.search(row["variant"])) else ""
    return Finding(row["variant"], word, text, None if math.isnan(difference) else estimate, dataset)


def _means(rows: Sequence[Mapping[str, Any]]) -> Findings:
    """Return only the best variants, because a search has one for each trial."""
    metric = rows[0]["metric"]
    scored = [row for row in rows if row["n"] > 0]
    best = sorted(scored, key=lambda row: -sign_of(metric) * row["mean"])[:_BEST]
    of_all = f", best {len(best)} of {len(rows)} variants" if len(best) < len(rows) else ""
    return Findings(
        about=f"mean {quantity(metric)}{of_all}",
        rows=[Finding(row["variant"], "", f"{value_text(row['mean'], metric)} (n = {row['n']:.0f})") for row in best],
    )
