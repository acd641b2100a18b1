"""Table for a paper: one row per variant, in Markdown, LaTeX and CSV."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.core.write import csv_text, write_text
from runner.reporting.comparison.decision import (
    EQUIVALENT,
    can_decide,
    has_seeds_apart,
    has_times,
    may_be_these_alone,
    outcome,
    p_text,
)
from runner.reporting.comparison.folds import folds_text
from runner.reporting.comparison.lost_runs import no_result_text
from runner.reporting.figures.drawing.names import names_in_force, shown_name
from runner.reporting.metrics import (
    error_text,
    interval_text,
    is_share,
    margin_text,
    quantity,
    signed_text,
    spread_text,
)
from runner.reporting.sentences.time_verdicts import shown_estimate
from runner.reporting.statistics.comparisons import binomial_error
from runner.reporting.statistics.resampling import RESAMPLED
from runner.reporting.statistics.significance.attainability import FEWEST_SEEDS, LEVEL
from runner.reporting.statistics.significance.holm import after_correction
from runner.reporting.statistics.significance.names_of_tests import CORRECTED_T, NO_TEST
from runner.reporting.statistics.test_set_error import BY_EXAMPLE
from runner.reporting.tables.latex_table import escaped, latex_sign, latex_table
from runner.reporting.tables.markdown import escaped_markdown, markdown_table
from runner.reporting.tables.marks import Mark
from runner.reporting.targets import is_time, lost_how, runs_lost, runs_with_value, succeeded

AS_GOOD = f"not significantly different from the best (adjusted p of at least {LEVEL})"


@dataclass(frozen=True)
class PaperTable:
    """Rows of text by header; the marks apply to the second column, the metric.

    Markdown and LaTeX have the variants' display names.
    """

    rows: list[dict[str, str]]
    marks: list[Mark]
    describe: Callable[[], str]  # returns the caption with the current display names
    names: Mapping[str, str] = field(default_factory=dict)  # display names, where they differ

    @property
    def caption(self) -> str:
        """The caption with the variants' labels."""
        return self.describe()

    @property
    def _printed_caption(self) -> str:
        with names_in_force(self.names):
            return self.describe()

    def markdown(self) -> str:
        """Return a GitHub table: the best mean in bold, variants not significantly different from it with a star."""
        legend = f" \\*: {AS_GOOD}." if "as good" in self.marks else ""
        note = escaped_markdown(self._printed_caption) + legend
        return markdown_table(self._printed_rows, [[mark] for mark in self.marks], note)

    def latex(self, label: str = "results", *, siunitx: bool = False) -> str:
        """Return a table for booktabs that compiles in a plain article; numbers with a star in Markdown are underlined.

        Args:
            siunitx: align the numbers with siunitx; a star replaces the underline.
        """
        legend = f" {latex_sign(siunitx=siunitx)}: {escaped(AS_GOOD)}." if "as good" in self.marks else ""
        note = escaped(self._printed_caption) + legend
        return latex_table(self._printed_rows, self.marks, note, label, siunitx=siunitx)

    @property
    def _printed_rows(self) -> list[dict[str, str]]:
        named = [row | {"variant": self.names.get(row["variant"], row["variant"])} for row in self.rows]
        return [{_head(name): text for name, text in row.items()} for row in named]

    def ordered(self, names: Sequence[str]) -> "PaperTable":
        """Return the table with its rows in the order of these variants."""
        by_name = {row["variant"]: (row, mark) for row, mark in zip(self.rows, self.marks, strict=True)}
        rows, marks = zip(*(by_name[name] for name in names), strict=True)
        return replace(self, rows=[*rows], marks=[*marks])

    def csv(self) -> str:
        """Return the rows as CSV, with a column for the marks."""
        return csv_text(row | {"mark": mark} for row, mark in zip(self.rows, self.marks, strict=True))

    def write(self, out: Path, *, siunitx: bool = False) -> list[Path]:
        """Write table.md, table.tex and table.csv; return the paths."""
        write_text(out / "table.md", self.markdown())
        write_text(out / "table.tex", self.latex(out.resolve().name, siunitx=siunitx))
        write_text(out / "table.csv", self.csv())
        return [out / "table.md", out / "table.tex", out / "table.csv"]


def paper_table(
    summary: pd.DataFrame,
    aggregate: pd.DataFrame,
    comparisons: pd.DataFrame,
    marks: Mapping[str, Mark],
    examples: int | None,
    goal: str = "",
    notes: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
) -> PaperTable:
    """Return the table of a report.

    Args:
        summary: one row per run.
        marks: marks of the variants.
        examples: number of test examples.
        goal: the target in words, for the caption if the metric is the time to the target.
        notes: notes about the metric and the looks for the caption, without full stops.
        names: display names of the variants, where they differ.
    """
    metric = str(aggregate["metric"].iloc[0])
    compared = comparisons.set_index("variant")
    head = p_head(comparisons)
    rows = []
    for _, row in aggregate.iterrows():
        against = compared.loc[row["variant"]] if row["variant"] in compared.index else None
        rows.append(
            {
                "variant": str(row["variant"]),
                metric + (" (%)" if is_share(metric) else ""): spread_text(row["mean"], row["std"], metric),
                **_estimate_cells(against, metric),
                head: "" if against is None else p_text(against),
                **_margin_cells(against, has_margin=bool(comparisons["margin"].notna().any())),
                "n": ", ".join(filter(None, [f"{row['n']:.0f}", no_result_text(row)])),
            }
        )
    describe = partial(_caption, aggregate, comparisons, examples, goal, folds_text(summary), notes)
    return PaperTable(rows, [marks.get(row["variant"], "") for row in rows], describe, names or {})


def _estimate_cells(against: Mapping[Any, Any] | None, metric: str) -> dict[str, str]:
    """Return the cells of a difference and its interval, for the mean or for the median of paired times."""
    if against is None:
        return {"difference": "", "95% interval": ""}
    column, interval = shown_estimate(against)
    return {
        "difference": signed_text(against[column], metric),
        "95% interval": interval_text(against, metric, interval),
    }


def p_head(comparisons: pd.DataFrame) -> str:
    """Return the heading of the adjusted p values, such as "p (max-T)"."""
    return f"p ({comparisons['correction'].iloc[0]})" if len(comparisons) else "p"


def _margin_cells(against: "pd.Series[Any] | None", *, has_margin: bool) -> dict[str, str]:
    """Return the additional cells of a table with a margin: p of equivalence, and the verdict."""
    if not has_margin:
        return {}
    texts = ("", "") if against is None else (p_text(against, "p_equivalence"), outcome(against))
    return dict(zip(("p (equivalence)", "verdict"), texts, strict=True))


def _caption(
    aggregate: pd.DataFrame,
    comparisons: pd.DataFrame,
    examples: int | None,
    goal: str,
    folds: str,
    notes: Sequence[str],
) -> str:
    metric = str(aggregate["metric"].iloc[0])
    counts = aggregate["n"].dropna().astype(int)
    least, most = counts.min(), counts.max()
    noun = "fold" if folds else "seed"
    seeds = counted(most, noun) if least == most else f"{least} to {most} {noun}s"
    few = f"One {noun}, so no standard deviation" if most else f"No run {succeeded(metric)}"
    what = f"Mean and standard deviation over n = {seeds}{f' ({folds})' * bool(folds)}" if most > 1 else few
    text = f"{what}, {', '.join(dict.fromkeys(aggregate['dataset']))}"
    if len(comparisons):
        tests = tests_text(comparisons, aggregate)
        references = list(dict.fromkeys(comparisons["baseline"]))
        baseline = shown_name(references[0]) if len(references) == 1 else "the baseline of the same cell or data set"
        numbers = dict(zip(aggregate["variant"], aggregate["n"], strict=True))
        if any(has_seeds_apart(row, numbers) for row in comparisons.to_dict("records")):
            baseline += f" over common {noun}s"
        is_timed = all(map(has_times, comparisons.to_dict("records")))
        text += f"; {'median differences' if is_timed else 'differences'} from {baseline}"
        if most > 1:
            text += f" with 95% {_intervals(comparisons)}; p by {tests}" if tests else ""
        if unable := [row["reason"] for row in comparisons.to_dict("records") if not can_decide(row)]:
            text += f" ({'; '.join(dict.fromkeys(unable))}: nothing is claimed)"
    variants = aggregate.to_dict("records")
    is_part = any(runs_with_value(row, metric) < row["runs"] for row in variants)
    of = f" over the runs that {succeeded(metric)}" if is_part else ""
    any_lost = any(runs_lost(row, metric) for row in variants)
    fewest = f", among variants with the fewest {'lost' if is_time(metric) else 'diverged'} runs" if any_lost else ""
    lost = f" Comparisons count a run that {lost_how(metric)} as lost." if any_lost else ""
    bold = f" Bold: best mean{of}{fewest}." if aggregate["mean"].notna().any() else ""
    target = f" Target: {goal}." if is_time(metric) else ""
    further = "".join(f" {note[:1].upper()}{note[1:]}." for note in notes)
    return f"{text}.{target}{bold}{lost}{_test_set_error(aggregate, comparisons, examples)}{further}"


def tests_text(comparisons: pd.DataFrame, aggregate: pd.DataFrame) -> str:
    """Describe the tests behind the p values, and their correction; "" if nothing was tested."""
    tests = ", ".join(dict.fromkeys(test for test in comparisons["test"] if test != NO_TEST))
    return f"{tests}{_equivalence(comparisons)}{_family(comparisons, aggregate)}" if tests else ""


def _equivalence(comparisons: pd.DataFrame) -> str:
    """Describe the margin and its tests; "" without a margin."""
    margins = comparisons["margin"].dropna()
    if margins.empty:
        return ""
    margin = margin_text(margins.iloc[0], str(comparisons["metric"].iloc[0]))
    return f" (p of equivalence within {margin}: by two one-sided tests of the same kind)"


def _intervals(comparisons: pd.DataFrame) -> str:
    """Describe the kinds of intervals, and the reason if some are missing."""
    timed = comparisons["faster"].notna()
    means = comparisons[~timed]
    alike = (means["ci_low"].isna() & (means["n_completed"] > 1)).any()
    kind = "repeated confidence intervals" if means["looks"].any() else "t-intervals"
    if (means["test"] == CORRECTED_T).any():
        kind = "intervals of the corrected t-test"
    kinds = [f"{kind}{' (none if all differences are equal)' * bool(alike)}"] if len(means) else []
    if timed.any():
        few = (comparisons.loc[timed, "n"] < FEWEST_SEEDS).any()
        medians = f"intervals{' of paired medians' * bool(kinds)} from order statistics"
        kinds.append(f"{medians}{f' (none below {FEWEST_SEEDS} seeds)' * bool(few)}")
    return " and ".join(kinds)


def _family(comparisons: pd.DataFrame, aggregate: pd.DataFrame) -> str:
    """Describe the correction and its family; the intervals are not adjusted."""
    size, after = int(comparisons["p_adjusted"].notna().sum()), after_correction(comparisons["correction"].iloc[0])
    if size < 2:
        return ""
    everywhere = " on all data sets together" if len(set(aggregate["dataset"])) > 1 else ""
    return f", {after} over {size} comparisons{everywhere} (intervals not adjusted)"


def _test_set_error(aggregate: pd.DataFrame, comparisons: pd.DataFrame, examples: int | None) -> str:
    """Return sentences on the standard error due to the size of the test set, of an accuracy or a paired difference."""
    metric, best = aggregate["metric"].iloc[0], aggregate["mean"].max()
    if not examples or metric not in BY_EXAMPLE or not 0 <= best <= 1:  # true for NaN
        return ""
    unit = " percentage points" if is_share(metric) else ""
    paired = comparisons.get("test_set_error", pd.Series(dtype=float)).dropna()
    span = " to ".join(dict.fromkeys(error_text(end, metric) for end in (paired.min(), paired.max())))
    alone = f" The finite test set ({examples:,} examples) alone causes a standard error of "
    only_seeds = f"intervals over seeds do not cover this error.{_of_new_examples(comparisons)}"
    if metric in RESAMPLED:
        bootstrap = f"{alone}{span}{unit} in a paired difference (bootstrap over the examples); {only_seeds}"
        return bootstrap if len(paired) else ""
    text = f"{alone}{error_text(binomial_error(best, examples), metric)}{unit} in a single accuracy"
    if not len(comparisons):
        return f"{text}."
    if not len(paired):
        return f"{text}; the paired standard error of a difference is unknown."
    return f"{text} and of {span} in a paired difference; {only_seeds}"


def _of_new_examples(comparisons: pd.DataFrame) -> str:
    """Return a sentence on variants whose difference or equivalence is clear only on these test examples."""
    alone = [row for row in comparisons.to_dict("records") if may_be_these_alone(row)]
    equivalent = [shown_name(row["variant"]) for row in alone if row["verdict"] == EQUIVALENT]
    different = [shown_name(row["variant"]) for row in alone if row["verdict"] != EQUIVALENT]
    return _widened(different, "0") + _widened(equivalent, "the margin")


def _widened(names: list[str], what: str) -> str:
    if not names:
        return ""
    which = f"{' and '.join(names)}" if len(names) < 3 else f"{len(names)} of them"
    contain = f"interval of {which} contains" if len(names) == 1 else f"intervals of {which} contain"
    return f" If widened to cover new examples, the {contain} {what}."


def _head(name: str) -> str:
    """Return a column header in words; table.csv keeps the name of the metric."""
    unit = " (%)"
    return f"{quantity(name.removesuffix(unit))}{unit if name.endswith(unit) else ''}"
