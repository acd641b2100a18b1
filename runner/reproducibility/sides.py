"""Comparison of sides: statistics, bit-identity and environments, for the terminal and as JSON or CSV."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.core.omissions import LeftOut
from runner.core.terminal import say, show_warning
from runner.core.text import counted
from runner.reporting.collection.collect import Run
from runner.reporting.comparison.decision import IDENTICAL, p_text
from runner.reporting.comparison.regressions import (
    cautions_of,
    conclusion,
    regression_frame,
    shown_verdict,
    undecided_text,
    without_result,
)
from runner.reporting.comparison.sides import By, Pairing, Side, Sides, read_sides, sides_by, sides_of
from runner.reporting.metrics import interval_text, is_share, margin_text, quantity, signed_text, value_text
from runner.reporting.tables.csv_files import without_formulas
from runner.reproducibility.compare import WHOLE, compare, environment_differences, environment_table, numbers_of

Format = Literal["table", "json", "csv"]
Differences = list[tuple[str, str, str]]  # rows of name, value on the reference, value on the side
_NAMED = 3  # number of commits or values of one side to list


@dataclass(frozen=True)
class Asked:
    """A user's options for a comparison of sides."""

    by: By | None = None  # criterion for the sides; None: each directory is a side
    metric: str | None = None  # a column of the summary; None: the primary metric
    margin: float = 0.0  # in displayed units: percentage points for proportions


@dataclass(frozen=True)
class ComparedSides:
    """Sides, their comparisons, and the differences in environment of each side from the reference."""

    sides: Sides
    frame: pd.DataFrame  # from `regression_frame`; bit_identical tells whether all pairs of runs are
    environments: list[Differences]

    @property
    def is_worse(self) -> bool:
        """True if a variant became worse, beyond the margin if there is one."""
        return bool(self.frame["fails"].any())

    @cached_property
    def conclusion(self) -> str:
        """One sentence about all comparisons."""
        if self._is_identical:
            pairs = sum(1 for pairing in self.sides.pairings for _ in self.sides.pairs(pairing))
            return (
                f"Identical: {'all ' * (pairs > 1)}{counted(pairs, 'pair')} of runs {'are' if pairs > 1 else 'is'} "
                "bit-identical in every epoch, metric and test prediction that both recorded."
            )
        return conclusion(self.frame, self._names, self._missing)

    @cached_property
    def notes(self) -> list[str]:
        """The limitations of the comparison, one sentence each."""
        limits = [*self.sides.notes(), *without_result(self.sides), *cautions_of(self.frame, self._names)]
        return [*limits, *self._about_bits()]

    @property
    def about(self) -> list[str]:
        """One line about each side: its name, number of runs, commits and dates."""
        sides = self.sides
        letters = [f"{sides.letter(place)}{' (reference)' * (not place)}" for place in range(len(sides.sides))]
        return [f"{letter}: {_about(side)}" for letter, side in zip(letters, sides.sides, strict=True)]

    @cached_property
    def _is_identical(self) -> bool:
        """True if every variant has the same metric on every seed, and bit-identical runs."""
        is_same = self.frame["bit_identical"] & (self.frame["verdict"] == IDENTICAL)
        return bool(is_same.all()) and not self._missing

    @cached_property
    def _names(self) -> list[str]:
        """The variants of the rows, with the side if there are several other sides."""
        places = {side.name: place for place, side in enumerate(self.sides.sides)}
        rows = zip(self.frame["variant"], self.frame["side"], strict=True)
        return [self._named(variant, places[side]) for variant, side in rows]

    @cached_property
    def _missing(self) -> list[str]:
        """The variants on both sides that lack a result on at least one of them."""
        named = (self._named(pairing.variant, pairing.side) for pairing in self.sides.pairings)
        return [name for name in named if name not in self._names]

    def _named(self, variant: str, side: int) -> str:
        return f"{variant} ({self.sides.letter(side)})" if len(self.sides.sides) > 2 else variant

    def _about_bits(self) -> Iterator[str]:
        """Yield sentences about the variants with bit-identical runs, and those for which only the metric is equal."""
        if self._is_identical:
            return
        rows = [*zip(self._names, self.frame["bit_identical"], self.frame["verdict"] == IDENTICAL, strict=True)]
        if same := [name for name, is_same, _ in rows if is_same]:
            yield f"bit-identical in every pair of runs: {', '.join(same)}."
        if metric_only := [name for name, is_same, is_identical in rows if is_identical and not is_same]:
            named = quantity(self.sides.metric)
            yield f"the same {named} on every seed, but not bit-identical runs: {', '.join(metric_only)}."

    def warn(self, console: Console) -> None:
        """Print a prominent warning if the design cannot decide, or if runs have no result."""
        if texts := [*undecided_text(self.frame), *without_result(self.sides)]:
            show_warning(console, "\n".join(texts))

    def show(self, console: Console, form: Format) -> None:
        """Print the comparison."""
        match form:
            case "json":
                console.out(json.dumps(self._document(), indent=2, allow_nan=False))
            case "csv":
                console.out(without_formulas(self.frame).to_csv(index=False), end="")
            case _:
                self._show_tables(console)

    def _show_tables(self, console: Console) -> None:
        sides = self.sides
        for line in self.about:
            say(console, line)
        say(console, f"metric: {_about_metric(sides)}{self._about_margin()}{self._about_family()}")
        for place, side in enumerate(sides.sides[1:], start=1):
            rows = self.frame[self.frame["side"] == side.name]
            if len(rows):
                console.print(_table(rows, sides.letter(0), sides.letter(place)))
            # The commits are shown above; a hash would fill half a line.
            if shown := [found for found in self.environments[place - 1] if not found[0].startswith("code ")]:
                console.print(environment_table(shown, (sides.letter(0), sides.letter(place))))
        for note in self.notes:
            say(console, f"note: {note}", style="yellow")
        say(console, self.conclusion, style="bold red" if self.is_worse else "bold")

    def _about_margin(self) -> str:
        margin = float(self.frame["margin"].iloc[0])
        return f"; margin: {margin_text(margin, self.sides.metric)}" if margin else ""

    def _about_family(self) -> str:
        family = int(self.frame["p_holm"].notna().sum())
        return f"; p: after Holm's correction over {family} comparisons" if family > 1 else ""

    def _document(self) -> dict[str, Any]:
        """Return the comparison for JSON; NaN becomes null."""
        sides = self.sides
        rows = self.frame.astype(object).where(self.frame.notna(), None).to_dict("records")
        return {
            "metric": sides.metric,
            "primary_metric": sides.primary_metric,
            "sides": [
                {"name": side.name, "runs": len(side.runs), "commits": side.commits, "dates": side.dates}
                for side in sides.sides
            ],
            "comparisons": rows,
            "environments": [
                [dict(zip(("name", "reference", "side"), found, strict=True)) for found in differences]
                for differences in self.environments
            ],
            "notes": self.notes,
            "conclusion": self.conclusion,
            "worse": self.is_worse,
        }


def compare_sides(directories: Sequence[Path], asked: Asked) -> ComparedSides:
    """Compare the sides in the given directories.

    Raises:
        UserError: if there are fewer than two sides, or nothing to compare.
    """
    left_out = LeftOut()
    found = sides_by(directories, asked.by, left_out) if asked.by else sides_of(directories, left_out)
    sides = read_sides(found, asked.metric, left_out)
    frame = regression_frame(sides, asked.margin / (100 if is_share(sides.metric) else 1))
    same = {(found[one.side].name, one.variant): _are_bit_identical(sides, one) for one in sides.pairings}
    rows = zip(frame["side"], frame["variant"], strict=True)
    return ComparedSides(
        sides,
        frame.assign(bit_identical=[same[row] for row in rows]),
        [_environment(sides, side) for side in range(1, len(found))],
    )


def _are_bit_identical(sides: Sides, pairing: Pairing) -> bool:
    """Return whether all pairs have the same status, and bit-identical values of all numbers that both recorded."""
    return all(_has_same_bits(*pair, sides.left_out) for pair in sides.pairs(pairing))


def _has_same_bits(one: Run, other: Run, left_out: LeftOut) -> bool:
    if one.record.status != other.record.status or one.record.status not in WHOLE:
        return False
    numbers = [left_out.unless_read(partial(numbers_of, run.directory, run.record)) or {} for run in (one, other)]
    before, after = ({name: own[name] for name in numbers[0] if name in numbers[1]} for own in numbers)
    return compare(before, after).verdict == "bit-identical"


def _environment(sides: Sides, side: int) -> Differences:
    """Return the differences of all pairs of runs: name, values on the reference side, values on the other side."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for pairing in sides.pairings:
        if pairing.side == side:
            for one, other in sides.pairs(pairing):
                for name, *values in environment_differences(one.record, other.record):
                    for known, value in zip(found.setdefault(name, ({}, {})), values, strict=True):
                        known[value] = None
    return [(name, _joined([*before]), _joined([*after])) for name, (before, after) in found.items()]


def _about(side: Side) -> str:
    commits = f"commit{'s' * (len(side.commits) > 1)} {_joined(side.commits, ', ')}"
    dates = dict.fromkeys([side.dates[0], side.dates[-1]])
    return f"{side.name} ({counted(len(side.runs), 'run')}, {commits}, {' to '.join(dates)})"


def _about_metric(sides: Sides) -> str:
    if sides.metric == sides.primary_metric:
        return quantity(sides.metric)
    return f"{quantity(sides.metric)} (secondary; the primary metric is {quantity(sides.primary_metric)})"


def _table(rows: pd.DataFrame, reference: str, side: str) -> Table:
    """Return a line for each variant, for a terminal with 80 columns."""
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    table.add_column("variant", overflow="fold")
    has_margin = bool(rows["margin"].iloc[0])
    estimates = (f"mean {reference}", f"mean {side}", f"{side} - {reference}", "95% CI")
    for header in (*estimates, "p", *["p margin"] * has_margin, "n"):
        table.add_column(header, justify="right")
    table.add_column("verdict")
    for row in rows.to_dict("records"):
        metric = row["metric"]
        means = (value_text(row[name], metric) for name in ("reference_mean", "mean"))
        estimate = (signed_text(row["difference"], metric), interval_text(row, metric))
        beyond = [p_text(row, "p_margin")] * has_margin
        cells = (row["variant"], *means, *estimate, p_text(row, "p_holm"), *beyond, str(row["n"]), shown_verdict(row))
        table.add_row(*map(Text, cells), style="bold red" if row["fails"] else None)
    return table


def _joined(values: Sequence[str], separator: str = " or ") -> str:
    more = f"{separator}{len(values) - _NAMED} more" if len(values) > _NAMED else ""
    return separator.join(values[:_NAMED]) + more
