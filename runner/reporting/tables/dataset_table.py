"""Table of several data sets for a paper: a row for each variant, a column for each data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from runner.core.write import write_text
from runner.reporting.figures.drawing.names import shown_name
from runner.reporting.metrics import is_share, quantity, spread_text
from runner.reporting.tables.latex_table import escaped, latex_sign, latex_table
from runner.reporting.tables.markdown import escaped_markdown, markdown_table
from runner.reporting.tables.marks import Mark
from runner.reporting.tables.paper_table import AS_GOOD


@dataclass(frozen=True)
class DatasetTable:
    """Rows of text by header; the marks apply to all columns after the first."""

    rows: list[dict[str, str]]
    marks: list[list[Mark]]
    caption: str

    def markdown(self) -> str:
        """Return a GitHub table."""
        return markdown_table(self.rows, self.marks, escaped_markdown(self.caption) + self._legend(r" \*"))

    def latex(self, label: str, *, siunitx: bool = False) -> str:
        """Return a table for booktabs that compiles in a plain article."""
        note = escaped(self.caption) + self._legend(f" {latex_sign(siunitx=siunitx)}")
        return latex_table(self.rows, self.marks, note, f"{label} data sets", siunitx=siunitx)

    def write(self, out: Path, *, siunitx: bool = False) -> list[Path]:
        """Write table_by_dataset.md and table_by_dataset.tex; return the paths."""
        paths = [out / "table_by_dataset.md", out / "table_by_dataset.tex"]
        write_text(paths[0], self.markdown())
        write_text(paths[1], self.latex(out.resolve().name, siunitx=siunitx))
        return paths

    def _legend(self, sign: str) -> str:
        return f"{sign}: {AS_GOOD}." if any("as good" in own for own in self.marks) else ""


def dataset_table(
    aggregate: pd.DataFrame,
    arms: Mapping[str, str],
    marks: Mapping[str, Mark],
    ranks: Mapping[str, float] | None,
    order: Sequence[str],
) -> DatasetTable | None:
    """Return the table; None with a single data set.

    Args:
        aggregate: one row per variant and data set: variant, metric, mean, std, n and dataset.
        arms: the name of each variant without its data set.
        marks: marks of the means, by variant.
        ranks: average ranks by name; None: no rank column.
        order: the names, in the order of the rows.
    """
    metric = str(aggregate["metric"].iloc[0])
    datasets = [*dict.fromkeys(aggregate["dataset"])]
    if len(datasets) < 2:
        return None
    cells = {(arms[row["variant"]], row["dataset"]): row for row in aggregate.to_dict("records")}
    rows: list[dict[str, str]] = []
    found: list[list[Mark]] = []
    for name in order:
        own = [cells.get((name, dataset)) for dataset in datasets]
        texts = [spread_text(row["mean"], row["std"], metric) if row else "-" for row in own]
        rank = {} if ranks is None else {"average rank": f"{ranks[name]:.2f}" if name in ranks else "-"}
        rows.append({"variant": shown_name(name), **dict(zip(datasets, texts, strict=True)), **rank})
        found.append([marks[row["variant"]] if row else "" for row in own])
    return DatasetTable(rows, found, _caption(aggregate, metric, has_ranks=ranks is not None))


def _caption(aggregate: pd.DataFrame, metric: str, *, has_ranks: bool) -> str:
    counts = aggregate["n"].dropna().astype(int)
    least, most = counts.min(), counts.max()
    n = str(most) if least == most else f"{least} to {most}"
    unit = " (%)" if is_share(metric) else ""
    spread = " and standard deviation" if most > 1 else ""
    named = quantity(metric)
    what = f"{named[:1].upper()}{named[1:]}{unit}: mean{spread} over n = {n} runs on each data set."
    return f"{what} Bold: best mean.{' Average rank: 1 is best.' * has_ranks}"
