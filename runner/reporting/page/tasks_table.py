"""Table of the page over several data sets."""

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from runner.reporting.comparison.decision import BETTER, NOT_SIGNIFICANT, UNDECIDED, WORSE
from runner.reporting.comparison.tasks import Tasks
from runner.reporting.metrics import axis_label, is_share, margin_text, p_number, value_text
from runner.reporting.page.cells import Cell, Column, PageTable

_RELATIVE = {"relative_iqm": "relative error (IQM)", "relative_mean": "relative error (mean)"}
_IMPROVEMENT = "P(improvement)"


def tasks_table(tasks: Tasks) -> PageTable:
    """Return one row per variant: aggregates over the data sets, and the comparison with the baseline."""
    rows = tasks.frame.to_dict("records")
    first, baselines = rows[0], {row["baseline"] for row in rows}
    metric, datasets, has_rope = first["metric"], first["datasets"], not math.isnan(first["rope"])
    relative = [name for name in _RELATIVE if tasks.frame[name].notna().any()]
    heads = [f"mean {axis_label(metric)}"] if is_share(metric) else []
    heads += [_RELATIVE[name] for name in relative]
    heads += [_IMPROVEMENT, "p (Holm)"] + ["P(better)", "P(within)", "P(worse)"] * has_rope
    columns = [Column("variant"), *(Column(head, number=True) for head in heads), Column("verdict")]
    columns += [Column("runs", number=True), Column("lost", number=True)]
    caption = (
        f"Over {datasets} data sets. In brackets: 95% intervals by stratified bootstrap, for new runs on the same data "
        "sets. Means are those of the data sets' means. P(improvement): a run of the variant is better than one of the "
        "baseline, over all pairs of their runs, averaged over the data sets; P(better) under Variants compares only "
        "runs of the same seed. p: Wilcoxon's signed-rank test over the data sets."
    )
    if relative:
        caption += " Relative error: divided by the baseline's mean error on the same data set; below 1 is better."
    if has_rope:
        region = margin_text(first["rope"], metric)
        bayesian = f"Bayesian signed-rank test, for differences within ±{region} or beyond it"
        caption += f" P(better), P(within), P(worse): {bayesian}."
    return PageTable(
        "table-tasks", "Data sets", caption, columns, [[*_cells(row, baselines, relative, has_rope)] for row in rows]
    )


def _cells(
    row: Mapping[Any, Any], baselines: Container[str], relative: Sequence[str], has_rope: bool
) -> Iterator[Cell]:
    metric = row["metric"]
    yield Cell.text(row["variant"])
    if is_share(metric):
        texts = (value_text(number, metric).rstrip("%") for number in _ends(row, "mean"))
        yield Cell.number(_with_interval(*texts), row["mean"])
    for name in relative:
        yield Cell.number(_with_interval(*(f"{number:.2f}" for number in _ends(row, name))), row[name])
    texts = (f"{number:.2f}" for number in _ends(row, "improvement"))
    yield Cell.number(_with_interval(*texts), row["improvement"])
    p_value = None if _is_too_few(row) else row["wilcoxon_holm"]
    yield Cell.number("" if p_value is None else p_number(p_value), p_value)
    if has_rope:
        yield from (Cell.number(f"{row[name]:.2f}", row[name]) for name in ("p_better", "p_within", "p_worse"))
    yield _verdict(row, baselines)
    yield Cell.number(str(row["runs"]), row["runs"])
    yield Cell.number(str(row["lost"]), row["lost"])


def _is_too_few(row: Mapping[Any, Any]) -> bool:
    """Return whether the data sets are too few for a verdict."""
    return bool(row["verdict"] == UNDECIDED and row["reason"] != NOT_SIGNIFICANT)


def _ends(row: Mapping[Any, Any], name: str) -> tuple[float, float, float]:
    return row[name], row[f"{name}_low"], row[f"{name}_high"]


def _with_interval(value: str, low: str, high: str) -> str:
    return value if low in ("-", "nan") else f"{value} [{low}, {high}]"


def _verdict(row: Mapping[Any, Any], baselines: Container[str]) -> Cell:
    if not row["baseline"]:
        return Cell.text("baseline" if row["variant"] in baselines else "not compared")
    if row["verdict"] == UNDECIDED:
        why = f": {row['reason']}" if _is_too_few(row) else ""
        return Cell.text(f"{UNDECIDED}{why}", "reason")
    return Cell.text(row["verdict"], {BETTER: "good", WORSE: "bad"}[row["verdict"]])
