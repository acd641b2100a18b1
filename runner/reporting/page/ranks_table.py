"""Table of the page: average ranks over several data sets."""

from collections.abc import Mapping

from runner.reporting.comparison.ranks import Ranks
from runner.reporting.metrics import p_equation, p_number
from runner.reporting.page.cells import Cell, Column, PageTable


def ranks_table(ranks: Ranks, shown: Mapping[str, str]) -> PageTable:
    """Return one row per variant, best first, with Nemenyi's p against every other.

    Args:
        shown: display names of the variants.
    """
    names = [str(name) for name in ranks.average.index]
    rows = []
    for name, average, p_values in zip(names, ranks.average, ranks.pairs.to_numpy(float), strict=True):
        others = [
            Cell.number("", None) if other == name else Cell.number(p_number(p_value), p_value)
            for other, p_value in zip(names, p_values.tolist(), strict=True)
        ]
        rows.append([Cell.text(name), Cell.number(f"{average:.2f}", average), *others])
    columns = [
        Column("variant"), Column("average rank", number=True),
        *(Column(f"p, {shown.get(name, name)}", number=True) for name in names),
    ]  # fmt: skip
    over_all = {"Friedman": ranks.friedman_p, "Iman and Davenport": ranks.iman_davenport_p}
    tests = ", ".join(f"{name} {p_equation(p_number(p_value))}" for name, p_value in over_all.items())
    caption = (
        f"Average ranks over {ranks.datasets} data sets; 1 is best. p against every other variant, by Nemenyi's test. "
        f"Over all variants: {tests}."
    )
    return PageTable("table-ranks", "Ranks", caption, columns, rows)
