"""What a report says in words: a sentence a variant, and what to be careful about."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.records.record import RunRecord
from runner.reporting.aggregate import STILL_TRAINING, UNDECIDED, can_decide, has_seeds_apart, no_result_text, p_text
from runner.reporting.metrics import device_name, is_share, p_equation, sign_of, signed_text, value_text
from runner.reporting.statistics.attainability import least_text, smallest_p
from runner.reporting.targets import is_time, lost_how, runs_lost, runs_with_value, succeeded

_MIXED = {"device": "device", "threads": "number of threads", "code": "commit"}
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
    mean = f"{variant} has {_mean(row)}"
    if variant in compared:
        found = compared[variant]
        return f"{mean}{_difference(found, rows)}: {_claim(found, rows, len(compared))}."
    if not row["n"]:
        return f"{mean}."
    alone, baseline = f"{mean} (n = {row['n']:.0f})", baselines[variant]
    if baseline != variant:
        return f"{alone}; {baseline}, its baseline, has none to compare it with."
    is_compared_with = any(found["baseline"] == variant for found in compared.values())
    return f"{alone}; the others are compared with it." if is_compared_with else f"{alone}."


def _mean(row: _Row) -> str:
    """Return a variant's mean, and of which runs it is, where others diverged."""
    metric, runs = row["metric"], row["runs"]
    if row["n"]:
        mean = f"a mean {metric} of {value_text(row['mean'], metric)}"
        of = f" over the {runs_with_value(row, metric)} of {runs} runs that {succeeded(metric)}"
        return mean + of * bool(runs_lost(row, metric))
    if runs_lost(row, metric) == runs:
        return f"no {metric}: {'its one run' if runs == 1 else f'all of its {runs} runs'} {lost_how(metric)}"
    lost = "its one run has not completed" if runs == 1 else f"none of its {runs} runs completed"
    return f"no {metric}: {lost}"


def _difference(found: _Row, rows: Mapping[str, _Row]) -> str:
    baseline = found["baseline"]
    if not found["n_completed"]:
        return f". Against {baseline}"
    unit = " points" if is_share(found["metric"]) else ""
    text = f", {signed_text(found['difference'], found['metric'])}{unit}{_tiny(found)} against {baseline}"
    if found["lost"] or found["baseline_lost"]:
        both = f"in which both {succeeded(found['metric'])}" if is_time(found["metric"]) else "that both completed"
        return f"{text} over the {counted(found['n_completed'], 'seed')} {both}"
    seeds = {variant: row["n"] for variant, row in rows.items()}
    return f"{text} over the {found['n_completed']} seeds that both have" if has_seeds_apart(found, seeds) else text


def _claim(found: _Row, rows: Mapping[str, _Row], comparisons: int) -> str:
    metric = found["metric"]
    if found["reason"] == STILL_TRAINING:
        return "runs are still training, and nothing is claimed"
    if math.isnan(found["p_holm"]) and not can_decide(found):
        return str(found["reason"])
    evidence = (
        f"({_interval(found, comparisons)}{p_equation(p_text(found))} after Holm, {found['test']}, n = {found['n']})"
    )
    among = _lost(found) + _among(rows[found["variant"]], rows[found["baseline"]])
    if found["verdict"] == UNDECIDED:
        return f"{found['reason']}{among} {evidence}"
    better = "better" if sign_of(metric) * (1 if found["verdict"] == "higher" else -1) > 0 else "worse"
    return f"significantly {better}{_of_these_examples(found)}{among} {evidence}"


def _tiny(found: _Row) -> str:
    examples = _examples(found)
    return " (less than one test example)" if examples and 0 < abs(found["difference"]) * examples < 1 else ""


def _examples(found: _Row) -> int:
    """Return how many examples the test set has; 0 where that is not known."""
    examples = found.get("test_examples")
    return 0 if examples is None or pd.isna(examples) else int(examples)


def _of_these_examples(found: _Row) -> str:
    """Return for which test examples a claim is made: the test over seeds says nothing about others."""
    if not (examples := _examples(found)):
        return ""
    perhaps = ", perhaps not on others" if found["two_level_low"] <= 0 <= found["two_level_high"] else ""
    return f" on these {examples:,} test examples{perhaps}"


def _interval(found: _Row, comparisons: int) -> str:
    """Return the interval of the difference; it is not adjusted, as p is, where there are several comparisons."""
    metric = found["metric"]
    if found["n_completed"] < 2:
        return ""
    alone = " of this comparison alone" if comparisons > 1 else ""
    wider = ""
    if not math.isnan(found.get("two_level_low", math.nan)):
        low, high = (signed_text(found[name], metric) for name in ("two_level_low", "two_level_high"))
        wider = f"{low} to {high} with the test set's own error, "
    if math.isnan(found["ci_low"]):
        return f"all differences equal, so no 95% interval, {wider}"
    low, high = (signed_text(found[name], metric) for name in ("ci_low", "ci_high"))
    return f"95% interval {low} to {high}{alone}, {wider}"


def _lost(found: _Row) -> str:
    """Return whose diverged runs a comparison counts as lost."""
    sides = (("lost", "variant"), ("baseline_lost", "baseline"))
    lost = [f"{counted(found[count], 'run')} of {found[side]}" for count, side in sides if found[count]]
    return f", with the {' and '.join(lost)} that {lost_how(found['metric'])} counted as lost" if lost else ""


def _among(*sides: _Row) -> str:
    """Return of which runs alone a claim is made, where others have no result."""
    parts = [
        f"the {row['completed'] + row['diverged']} of {row['runs']} runs of {row['variant']} that "
        f"{'completed or diverged' if row['diverged'] else 'completed'}"
        for row in sides
        if row["completed"] + row["diverged"] < row["runs"]
    ]
    return f", among {' and '.join(parts)}" if parts else ""


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
    pairs = [*_undecidable(comparisons), *_unmatched(comparisons), *_unpaired(comparisons)]
    return [*runs, *tuned, *pairs, *_mixed(records)]


def _without_result(aggregate: pd.DataFrame) -> Iterator[str]:
    for _, row in aggregate.iterrows():
        if without := no_result_text(row):
            rest = f"its figures are those of the other {row['n']:.0f}" if row["n"] else "it has no figures"
            if row["diverged"]:
                rest += ", and a run that diverged counts as lost in its comparisons"
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


def _undecidable(comparisons: pd.DataFrame) -> Iterator[str]:
    """Name the designs that cannot show a difference, whatever comes out."""
    unable = [row for row in comparisons.to_dict("records") if not can_decide(row)]
    for reason, row in {row["reason"]: row for row in unable}.items():
        smallest = least_text(smallest_p(row["n"], 1))
        yield (
            f"{reason}: an exact test on {counted(row['n'], 'pair')} gives {smallest}, before Holm. Intervals are "
            "shown, and nothing is claimed."
        )


def _unmatched(comparisons: pd.DataFrame) -> Iterator[str]:
    for row in comparisons[comparisons["unmatched"] > 0].to_dict("records"):
        yield (
            f"{row['variant']}: {counted(row['unmatched'], 'seed')} that it has in common with {row['baseline']} "
            f"{'is' if row['unmatched'] == 1 else 'are'} no true pair (other data, split or initial weights), and left "
            "out of the comparison."
        )


def _unpaired(comparisons: pd.DataFrame) -> Iterator[str]:
    is_unpaired = ~comparisons["test"].astype(str).str.startswith("paired")
    for test, rows in comparisons[is_unpaired & (comparisons["n"] > 1)].groupby("test", sort=False):
        name = "Welch's test" if test == "Welch" else "the rank-sum test"
        yield (
            "not paired by seed (other seeds, data, split or initial weights than the baseline), so compared by "
            f"{name}: {', '.join(rows['variant'])}."
        )


def _known(value: object) -> str:
    return "unknown" if value is None else str(value)


def _devices(known: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the devices' names; an older record, which names no processor, says nothing where others do."""
    names = [(device.get("name"), device_name(device)) for device in known]
    refined = {name for name, full in names if full != name}
    return {full for name, full in names if full != name or name not in refined}


def _mixed(records: Sequence[RunRecord]) -> Iterator[str]:
    """Say which versions, devices and states of the code the runs do not share."""
    versions = {name for record in records for name in record.versions}
    found = {name: {record.versions.get(name) for record in records} for name in sorted(versions)}
    known = [record.device for record in records if record.device]  # none: it ended before it was on one
    found["device"] = {*_devices(known)}
    found["threads"] = {device.get("intra_op_threads") for device in known}
    found["code"] = {(record.code.get("commit") or "")[:12] or None for record in records}
    for name, values in found.items():
        if len(values) > 1:
            what = _MIXED.get(name, f"version of {name}")
            yield f"the runs differ in their {what}: {', '.join(sorted(map(_known, values)))}."
    if any(record.code.get("dirty") for record in records):
        yield "some runs were made with code that differs from its commit."
