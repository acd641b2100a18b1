"""Tables of variants, selection and environment for the page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from runner.records.record import RunRecord
from runner.reporting.comparison.decision import STILL_TRAINING, UNDECIDED, outcome, p_text, short_reason
from runner.reporting.comparison.folds import unit_noun
from runner.reporting.comparison.lost_runs import no_result_text
from runner.reporting.metrics import (
    axis_label,
    detectable_text,
    device_name,
    interval_text,
    shown_unit,
    signed_text,
    spread_text,
    value_text,
)
from runner.reporting.page.cells import VERDICT_KINDS, Cell, Column, PageTable
from runner.reporting.results import Results
from runner.reporting.sentences.time_verdicts import shown_estimate
from runner.reporting.statistics.win_probability import MEANINGFUL
from runner.reporting.tables.paper_table import PaperTable, p_head

_OF_DIFFERENCES = ("difference", "95% interval", "detectable")  # columns in the unit of differences
_SHORT_UNITS = {"percentage points": "pp", "seconds": "s"}
_OF_WINS = "95% interval of P(better)"
_VERSUS_BEST = ("difference from best", "p versus best")
# Columns for which a printed page has no room.
_MINOR = ("effect size", "P(better)", _OF_WINS, "detectable", *_VERSUS_BEST)
_OF_BEST = "p versus best: of the comparison with the best variant on the data set, adjusted over all of these."
_POINTS = " pp: percentage points."
_CLAIMS = (
    f"P(better) is meaningful if its unadjusted interval lies above 0.5 and reaches beyond {MEANINGFUL}; for a "
    "worse variant, the mirrored rule applies (Bouthillier et al. 2021)."
)


def variants_table(results: Results, table: PaperTable) -> PageTable:
    """Return one row per variant, with its difference from the baseline.

    Args:
        table: the paper table, for caption and marks.
    """
    metric = results.metric
    compared = {row["variant"]: row for row in results.comparisons.to_dict("records")}
    has_new_images = bool(results.comparisons["new_images_low"].notna().any())
    new_images = "95% interval, new test examples too" + " (this look alone)" * (results.asked.looks is not None)
    has_p = any(p_text(row) != "-" for row in compared.values())
    heads = ["difference", "95% interval", *([p_head(results.comparisons)] if has_p else [])]
    heads += ["p (equivalence)"] * (has_p and results.margin is not None)
    heads += ["verdict", "effect size", "P(better)", _OF_WINS]
    heads += ["detectable"] * bool(results.comparisons["detectable"].notna().any())
    to_best = {row["variant"]: row for row in results.against_best.to_dict("records")} if results.arms > 2 else {}
    rows = []
    for row, mark in zip(results.aggregate.to_dict("records"), table.marks, strict=True):
        against = compared.get(row["variant"])
        best = "best" if mark == "best" else "number"
        rows.append(
            [
                Cell.text(row["variant"]),
                Cell.number(spread_text(row["mean"], row["std"], metric), row["mean"], best),
                *(_against(against, metric, heads) if against else _not_compared(results, row["variant"], heads)),
                *([_new_images(against, metric)] if has_new_images else []),
                *(_versus_best(to_best.get(row["variant"]), metric) if to_best else []),
                Cell.number(value_text(row["iqm"], metric), row["iqm"]),
                Cell.number(f"{row['n']:.0f}", row["n"]),
                Cell.text(no_result_text(row), "bad"),
                Cell.number(f"{row['train_seconds']:.1f}", row["train_seconds"]),
                Cell.number(f"{row['parameters']:,.0f}", row["parameters"]),
                Cell.number(f"{row['budget']}", row["budget"]),
            ]
        )
    unit = _SHORT_UNITS.get(shown_unit(metric), shown_unit(metric))
    caption = table.caption + _POINTS * (unit == "pp")
    has_claim = any(row["verdict"] != UNDECIDED and not pd.isna(row["win_claim"]) for row in compared.values())
    aside = " ".join([_CLAIMS] * (has_claim and not results.folds) + [_OF_BEST] * bool(to_best))
    variants = [results.variants.index(variant) for variant in results.aggregate["variant"]]
    further = [*[new_images] * has_new_images, *(_VERSUS_BEST if to_best else ())]
    columns = _variants_columns(metric, heads, further, unit)
    return PageTable("table-variants", "Variants", caption, columns, rows, variants, aside=aside)


def _variants_columns(metric: str, heads: Sequence[str], further: Sequence[str], unit: str) -> list[Column]:
    of_comparison = [
        Column(head, number=head != "verdict", unit=unit if head in _OF_DIFFERENCES else "", minor=head in _MINOR)
        for head in heads
    ]
    return [
        Column("variant"), Column(axis_label(metric), number=True), *of_comparison,
        *(Column(head, number=True, unit=unit * (head != _VERSUS_BEST[1]), minor=head in _MINOR) for head in further),
        Column("IQM", number=True, minor=True), Column("n", number=True), Column("no result"),
        Column("training", number=True, unit="s", minor=True, label="training time"),
        Column("parameters", number=True, minor=True), Column("points tried", number=True, minor=True),
    ]  # fmt: skip


def _not_compared(results: Results, variant: str, heads: Sequence[str]) -> list[Cell]:
    word = Cell.text(results.role_of(variant))
    return [word if head == "verdict" else Cell.number("", None) for head in heads]


def _against(against: Mapping[Any, Any], metric: str, heads: Sequence[str]) -> list[Cell]:
    """Return the cells of a comparison for these headings."""
    column, interval = shown_estimate(against)
    wins, p, equivalence = against["win_probability"], p_text(against), p_text(against, "p_equivalence")
    verdict = outcome(against)
    cells = {
        "verdict": Cell.text(_verdict(against, verdict), VERDICT_KINDS.get(verdict, "reason")),
        "difference": Cell.number(signed_text(against[column], metric), against[column]),
        "95% interval": Cell.number(interval_text(against, metric, interval), against[f"{interval}_low"]),
        f"p ({against['correction']})": Cell.number(p, None if p == "-" else against["p_adjusted"]),
        "p (equivalence)": Cell.number(equivalence, None if equivalence == "-" else against["p_equivalence"]),
        "effect size": Cell.number(f"{against['effect_size']:+.2f}", against["effect_size"]),
        "P(better)": Cell.number(f"{wins:.2f}", wins),
        _OF_WINS: Cell.number(_wins_text(against), against["win_low"]),
        "detectable": Cell.number(
            detectable_text(against["detectable"], metric).partition(" ")[0], against["detectable"]
        ),
    }
    return [cells[head] for head in heads]


def _verdict(against: Mapping[Any, Any], word: str) -> str:
    """Return the verdict in a word, and why it is undecided if the reason is not its p value."""
    if word != UNDECIDED:
        return word
    why = against["reason"] if against["reason"] == STILL_TRAINING else short_reason(against, unit_noun(against))
    return f"{word}: {why}" if why and not why.startswith("p ") else word


def _wins_text(against: Mapping[Any, Any]) -> str:
    """Format the interval of P(better) and, unless the verdict is undecided, its claim: [0.57, 1.00] meaningful."""
    has_claim = not pd.isna(against["win_claim"]) and against["verdict"] != UNDECIDED
    claim = f" {against['win_claim']}" if has_claim else ""
    return f"[{against['win_low']:.2f}, {against['win_high']:.2f}]{claim}"


def _versus_best(against: Mapping[Any, Any] | None, metric: str) -> list[Cell]:
    """Return the difference from the best variant and its p value; empty for the best itself."""
    if against is None:
        return [Cell.number("", None)] * 2
    column, p = shown_estimate(against)[0], p_text(against)
    return [
        Cell.number(signed_text(against[column], metric), against[column]),
        Cell.number(p, None if p == "-" else against["p_adjusted"]),
    ]


def _new_images(against: Mapping[Any, Any] | None, metric: str) -> Cell:
    """Return the interval for new seeds and new test examples."""
    if against is None:
        return Cell.number("", None)
    return Cell.number(interval_text(against, metric, "new_images"), against["new_images_low"])


def selection_table(selection: pd.DataFrame) -> PageTable:
    """Return one row per tuned variant: its choice, and its scores on tuning seeds and fresh seeds."""
    rows = [
        [
            Cell.text(row["variant"]),
            Cell.text(row["point"]),
            Cell.number(value_text(row["tuned"], row["metric"]), row["tuned"]),
            Cell.number(value_text(row["fresh"], row["metric"]), row["fresh"]),
            Cell.number(signed_text(row["optimism"], row["metric"]), row["optimism"]),
            Cell.number(str(row["n"]), row["n"]),
            Cell.number(str(row["budget"]), row["budget"]),
            Cell.text((row["edge_keys"] or "yes") if row["on_edge"] else "no", "bad" if row["on_edge"] else ""),
        ]
        for row in selection.to_dict("records")
    ]
    columns = [
        Column("variant"), Column("chosen"), Column("tuned score", number=True), Column("fresh score", number=True),
        Column("optimism", number=True), Column("n", number=True), Column("points tried", number=True),
        Column("at the edge"),
    ]  # fmt: skip
    optimism = "the amount by which the tuned score is better than the score on fresh seeds"
    caption = f"Chosen on validation. Optimism: {optimism}."
    return PageTable("table-tuning", "Tuning", caption, columns, rows)


def environment_table(records: Iterable[RunRecord]) -> PageTable:
    """Return one row for each value of the data, device, code and versions, with its number of runs."""
    found: dict[str, dict[str, int]] = {}
    for record in records:
        name, fingerprint, device = record.dataset["name"], record.dataset["fingerprint"], record.device
        values = {
            "data": fingerprint and f"{name}, fingerprint {fingerprint[:12]}",
            "device": device_name(device),
            "cores": device.get("cores", ""),
            "memory": f"{memory} GB" if (memory := device.get("memory_gb")) else "",
            "operating system": device.get("system", ""),
            "threads": device.get("intra_op_threads", ""),
            "precision": device.get("precision", ""),
            "code": f"{(record.code.get('commit') or 'no commit')[:12]}{' (changed)' * bool(record.code.get('dirty'))}",
            **{f"version of {name}": version for name, version in record.versions.items()},
        }
        for name, value in values.items():
            counts = found.setdefault(name, {})
            counts[str(value)] = counts.get(str(value), 0) + 1
    rows = [
        [Cell.text(name), Cell.text(value), Cell.number(str(count), count)]
        for name, counts in found.items()
        for value, count in counts.items()
        if value
    ]
    columns = [Column("property"), Column("value"), Column("runs", number=True)]
    return PageTable("table-environment", "Environment", "Data, devices, code and versions of the runs.", columns, rows)
