"""Page of a comparison of sides (`runner compare`): one file that fetches nothing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from runner.reporting.comparison.decision import BETTER, IDENTICAL, UNDECIDED, WORSE, p_text
from runner.reporting.comparison.differences import differences_by_seed
from runner.reporting.comparison.folds import unit_noun
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.comparison.regressions import shown_verdict
from runner.reporting.comparison.sides import Sides
from runner.reporting.metrics import axis_label, interval_text, p_equation, quantity, signed_text, value_text
from runner.reporting.page.assets import assets, template
from runner.reporting.page.cells import VERDICT_KINDS, Cell, Column, PageTable
from runner.reporting.page.forest_layout import Forest, ForestGroup, ForestRow, Subject, forest, marks_of, scales_of

_WORDS = {BETTER: BETTER, WORSE: WORSE, IDENTICAL: IDENTICAL}
_Row = Mapping[Any, Any]  # a row of the frame


@dataclass(frozen=True)
class ComparisonPage:
    """Content of the page."""

    sides: Sides
    frame: pd.DataFrame  # see `regression_frame`
    conclusion: str
    notes: Sequence[str]
    about: Sequence[str]  # one line for each side
    environments: Sequence[Sequence[tuple[str, str, str]]]  # by side: name, the reference's value, the side's value

    def text(self) -> str:
        """Return the page: the conclusion, a forest plot, the cautions, the table, and the environments."""
        heading = f"Comparison by {quantity(self.sides.metric)}"
        return template("comparison.html").render(
            title=f"{heading} - runner",
            heading=heading,
            conclusion=self.conclusion,
            about=self.about,
            forest_plot=self._forest(),
            cautions=self.notes,
            comparisons=self._table(),
            environment=self._environment(),
            chart_data="",
            **assets(),
        )

    def _letter(self, row: _Row) -> str:
        return self.sides.letter([side.name for side in self.sides.sides].index(row["side"]))

    def _forest(self) -> Forest:
        records = self.frame.to_dict("records")
        found = [self._difference(row) for row in records]
        margin = float(self.frame["margin"].iloc[0]) or None
        scales = scales_of(found, margin)
        subject = Subject(
            self.sides.metric, f"{self.sides.letter(0)}, the reference", unit_noun(records[0]), margin,
            [int(n) for n in self.frame["n"]],
        )  # fmt: skip
        positions = {variant: position for position, variant in enumerate(dict.fromkeys(self.frame["variant"]))}
        groups: dict[str, list[ForestRow]] = {}
        for row, one in zip(records, found, strict=True):
            p_value = p_text(row, "p_holm")
            heading = f"{self._letter(row)}: {row['side']}" if len(self.sides.sides) > 2 else ""
            groups.setdefault(heading, []).append(
                ForestRow(
                    variant=one.variant,
                    name=one.name,
                    note="",
                    position=positions[one.variant],
                    word=one.word,
                    sentence=self._sentence(row),
                    p_value="" if p_value == "-" else p_equation(p_value),
                    **(marks_of(one, subject, scales[one.cell]) if scales else {}),
                )
            )
        drawn = [ForestGroup(heading, rows) for heading, rows in groups.items()]
        return forest(drawn, found, scales, subject)

    def _difference(self, row: _Row) -> Difference:
        """Return a comparison as a row of the forest plot, with its differences by seed."""
        names = [side.name for side in self.sides.sides]
        pairing = next(
            one for one in self.sides.pairings if (one.variant, names[one.side]) == (row["variant"], row["side"])
        )
        is_paired = str(row["test"]).startswith("paired")
        places = (pairing.other, pairing.reference)
        return Difference(
            variant=row["variant"],
            name=row["variant"],
            cell="",
            baseline=self.sides.letter(0),
            note="",
            word=_WORDS.get(row["verdict"], UNDECIDED),
            places=places,
            is_paired=is_paired,
            by_seed=differences_by_seed(self.sides.summary, row["metric"], places, is_paired=is_paired),
            estimate=row["difference"],
            low=row["ci_low"],
            high=row["ci_high"],
            new_low=math.nan,
            new_high=math.nan,
            text="",
        )

    def _sentence(self, row: _Row) -> str:
        means = (value_text(row[name], row["metric"]) for name in ("reference_mean", "mean"))
        before, after = (
            f"{mean} on {letter}" for mean, letter in zip(means, (self.sides.letter(0), self._letter(row)), strict=True)
        )
        return f"{row['variant']}: {shown_verdict(row)}; {before}, {after} (n = {row['n']})."

    def _table(self) -> PageTable:
        rows = [
            [
                Cell.text(row["variant"]),
                Cell.text(self._letter(row)),
                *(
                    Cell.number(value_text(row[name], row["metric"]).rstrip("%"), row[name])
                    for name in ("reference_mean", "mean")
                ),
                Cell.number(signed_text(row["difference"], row["metric"]), row["difference"]),
                Cell.number(interval_text(row, row["metric"]), row["ci_low"]),
                Cell.number(p_text(row, "p_holm"), row["p_holm"]),
                Cell.number(str(row["n"]), row["n"]),
                Cell.text(shown_verdict(row), VERDICT_KINDS.get(row["verdict"], "")),
                Cell.text(row["test"]),
            ]
            for row in self.frame.to_dict("records")
        ]
        label = axis_label(self.sides.metric)
        numbers = (f"{label}, reference", f"{label}, side", "difference", "95% interval", "p (Holm)", "n")
        columns = [Column("variant"), Column("side"), *(Column(name, number=True) for name in numbers),
                   Column("verdict"), Column("test")]  # fmt: skip
        caption = "Each variant is compared with itself on the reference, paired by seed. Intervals are not adjusted."
        return PageTable("table-comparisons", "Comparisons", caption, columns, rows)

    def _environment(self) -> PageTable | None:
        """Return the table of the differences between the environments; None if there are none."""
        rows = [
            [Cell.text(self.sides.letter(side)), *map(Cell.text, found)]
            for side, differences in enumerate(self.environments, start=1)
            for found in differences
        ]
        if not rows:
            return None
        columns = [Column("side"), Column("property"), Column("reference"), Column("value")]
        return PageTable("table-environment", "Environment", "Differences between the environments.", columns, rows)
