"""What a report says in words: a sentence a variant, and what to be careful about."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from runner.config.plural import counted
from runner.records.record import RunRecord
from runner.reporting.aggregate import LEVEL, STILL_TRAINING, has_seeds_apart
from runner.reporting.direction import is_share, sign_of
from runner.reporting.statistics import FEWEST_SEEDS
from runner.reporting.wording import no_result_text, p_text, signed_text, value_text

_Row = Mapping[Any, Any]  # of a frame


def verdicts(aggregate: pd.DataFrame, comparisons: pd.DataFrame, baselines: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence for each variant, in the order of the table.

    Args:
        baselines: what each variant is compared with; a baseline with itself.
    """
    rows = {str(row["variant"]): row for row in aggregate.to_dict("records")}
    compared = {row["variant"]: row for row in comparisons.to_dict("records")}
    return {variant: _verdict(variant, rows, compared, baselines) for variant in rows}


def _verdict(variant: str, rows: Mapping[str, _Row], compared: Mapping[Any, _Row], baselines: Mapping[str, str]) -> str:
    row = rows[variant]
    metric = row["metric"]
    if not row["n"]:
        lost = "its one run has not completed" if row["runs"] == 1 else f"none of its {row['runs']} runs completed"
        return f"{variant} has no {metric}: {lost}."
    mean = f"{variant} has a mean {metric} of {value_text(row['mean'], metric)}"
    if variant in compared:
        found = compared[variant]
        return f"{mean}, {_difference(found, rows)}: {_claim(found, rows)}."
    alone, baseline = f"{mean} (n = {row['n']:.0f})", baselines[variant]
    if baseline != variant:
        return f"{alone}; {baseline}, its baseline, has none to compare it with."
    is_compared_with = any(found["baseline"] == variant for found in compared.values())
    return f"{alone}; the others are compared with it." if is_compared_with else f"{alone}."


def _difference(found: _Row, rows: Mapping[str, _Row]) -> str:
    unit = " points" if is_share(found["metric"]) else ""
    text = f"{signed_text(found['difference'], found['metric'])}{unit} against {found['baseline']}"
    seeds = {variant: row["n"] for variant, row in rows.items()}
    return f"{text} over the {found['n']} seeds that both have" if has_seeds_apart(found, seeds) else text


def _claim(found: _Row, rows: Mapping[str, _Row]) -> str:
    metric = found["metric"]
    if found["verdict"] == STILL_TRAINING:
        return "runs are still training, and nothing is claimed"
    if found["n"] < FEWEST_SEEDS:
        return f"{counted(found['n'], 'seed')} {'is' if found['n'] == 1 else 'are'} too few for a claim"
    interval = f"95% interval {signed_text(found['ci_low'], metric)} to {signed_text(found['ci_high'], metric)}"
    p = p_text(found)
    evidence = f"({interval}, p {p if p.startswith('<') else f'= {p}'} after Holm, {found['test']}, n = {found['n']})"
    among = _among(rows[found["variant"]], rows[found["baseline"]])
    if math.isnan(found["p_holm"]) or found["p_holm"] >= LEVEL:
        return f"no significant difference{among} {evidence}"
    better = "better" if sign_of(metric) * found["difference"] > 0 else "worse"
    return f"significantly {better}{among} {evidence}"


def _among(*sides: _Row) -> str:
    """Return of which runs alone a claim is made, where others have no result."""
    parts = [
        f"the {row['completed']} of {row['runs']} runs of {row['variant']}"
        for row in sides
        if row["completed"] < row["runs"]
    ]
    return f", among {' and '.join(parts)} that completed" if parts else ""


def cautions(
    aggregate: pd.DataFrame,
    comparisons: pd.DataFrame,
    records: Sequence[RunRecord],
    tuned: Iterable[str],
    not_begun: int = 0,
) -> list[str]:
    """Return what a reader must know before trusting the table.

    Args:
        tuned: what is to be said of how variants were tuned.
        not_begun: runs that are planned and have no record.
    """
    runs = [*_without_result(aggregate), *_to_come(aggregate, not_begun)]
    return [*runs, *tuned, *_few_seeds(comparisons), *_unpaired(comparisons), *_mixed(records)]


def _without_result(aggregate: pd.DataFrame) -> Iterator[str]:
    for _, row in aggregate.iterrows():
        if without := no_result_text(row):
            rest = f"its figures are those of the other {row['n']:.0f}" if row["n"] else "it has no figures"
            yield f"{row['variant']}: of {counted(row['runs'], 'run')} {without}; {rest}."


def _to_come(aggregate: pd.DataFrame, not_begun: int) -> Iterator[str]:
    training = [
        f"{row['running']} of {counted(row['runs'], 'run')} of {row['variant']}"
        for _, row in aggregate[aggregate["running"] > 0].iterrows()
    ]
    if training:
        yield (
            f"still training: {', '.join(training)}. This is a glimpse: nothing is claimed of them or against them, "
            "and p of the others may change."
        )
    if not_begun:
        yield f"not begun: {counted(not_begun, 'planned run')}. This is a part of what was asked for."


def _few_seeds(comparisons: pd.DataFrame) -> Iterator[str]:
    if len(comparisons) and (comparisons["n"] < FEWEST_SEEDS).any():
        yield (
            f"with fewer than {FEWEST_SEEDS} seeds an exact test cannot give p < 0.05 (2/2^5 = 0.0625): intervals are "
            "shown, and nothing is claimed."
        )


def _unpaired(comparisons: pd.DataFrame) -> Iterator[str]:
    unpaired = comparisons.loc[(comparisons["test"] == "Welch") & (comparisons["n"] > 1), "variant"]
    if len(unpaired):
        yield (
            f"not paired by seed (other seeds, data, split or initial weights than the baseline), so compared by "
            f"Welch's test: {', '.join(unpaired)}."
        )


def _mixed(records: Sequence[RunRecord]) -> Iterator[str]:
    """Say which versions, devices and states of the code the runs do not share."""
    versions = {name for record in records for name in record.versions}
    found = {name: {record.versions.get(name) for record in records} for name in sorted(versions)}
    known = [record.device for record in records if record.device]  # none: it ended before it was on one
    found["device"] = {device.get("name") for device in known}
    found["threads"] = {device.get("intra_op_threads") for device in known}
    found["code"] = {(record.code.get("commit") or "")[:12] or None for record in records}
    for name, values in found.items():
        if len(values) > 1:
            yield f"the runs do not share one {name}: {', '.join(sorted(map(str, values)))}."
    if any(record.code.get("dirty") for record in records):
        yield "some runs were made with code that differs from its commit."
