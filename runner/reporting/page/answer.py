"""First screen of the page: a forest plot of the differences from the baseline, with the verdict on each variant."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from runner.reporting.comparison.decision import can_decide, p_text
from runner.reporting.comparison.differences import chosen_values
from runner.reporting.comparison.lost_runs import lost_shares
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.figures.drawing.names import with_names
from runner.reporting.metrics import axis_label, p_equation, p_number, sign_of, spread_text
from runner.reporting.page.forest_layout import (
    Forest,
    ForestGroup,
    ForestRow,
    Scale,
    Score,
    Subject,
    forest,
    marks_of,
    scales_of,
)
from runner.reporting.results import Results
from runner.reporting.statistics.significance.attainability import smallest_p
from runner.reporting.statistics.significance.holm import after_correction
from runner.reporting.statistics.ties import ROUNDING, places
from runner.reporting.tables.paper_table import AS_GOOD

_MOST_IN_ORDER = 12  # rows up to which variants keep the order of the plan, because all are on the first screen


def answer(results: Results, found: Sequence[Difference]) -> Forest:
    """Return the forest plot of a report's comparisons, each cell under its baseline.

    Up to twelve variants are in table order, more are in the order of their ranks.

    Args:
        found: the comparisons, as from `differences`.
    """
    shown = _without_scores(results, found)
    if len(results.variants) < 2:
        return shown
    scores = _scores(results)

    def scored(row: ForestRow) -> ForestRow:
        return replace(row, score=scores[row.variant])

    are_many = sum(len(group.rows) for group in shown.groups) > _MOST_IN_ORDER

    def ordered(rows: Sequence[ForestRow]) -> list[ForestRow]:
        return sorted(rows, key=lambda row: _place(row, scores)) if are_many else [*rows]

    groups = [
        replace(group, rows=[*map(scored, ordered(group.rows))], baseline=group.baseline and scored(group.baseline))
        for group in shown.groups
    ]
    return replace(shown, groups=groups, scores=f"Rank, {axis_label(results.metric)}", marks=_meaning(results))


def _place(row: ForestRow, scores: Mapping[str, Score]) -> tuple[bool, float]:
    """Return a sort key: the baseline first, then the best; a variant without a result last."""
    return row.word != "baseline", scores[row.variant].rank or math.inf


def _scores(results: Results) -> dict[str, Score]:
    """Return the score of each variant; ranks are those on its data set."""
    scores: dict[str, Score] = {}
    shares = lost_shares(results.summary, results.metric, "variant")
    for _, own in results.aggregate.groupby("dataset", sort=False):
        names = [*own["variant"].astype(str)]
        order = places(own["mean"], shares.reindex(names), sign_of(results.metric))
        ranks = [1 + int((order < place).sum()) for place in order]  # after two variants that share rank 1: rank 3
        for row, rank in zip(own.to_dict("records"), ranks, strict=True):
            name, has_value = str(row["variant"]), row["n"] > 0
            text = spread_text(row["mean"], row["std"], results.metric)
            scores[name] = Score(text, rank if has_value else 0, results.marks[name])
    return scores


def _meaning(results: Results) -> str:
    """Explain the ranks and marks in a line."""
    on_each = " on its data set" if results.has_several_datasets else ""
    spread = " ± standard deviation" if (results.aggregate["n"] > 1).any() else ""
    parts = [f"Rank of each variant{on_each}, and mean{spread}. Bold: the best"]
    if "as good" in results.marks.values():
        parts.append(f"*: {AS_GOOD}")
    elif not all(map(can_decide, results.comparisons.to_dict("records"))):
        parts.append("The runs are too few to tell which variants differ from the best")
    return f"{'. '.join(parts)}."


def _without_scores(results: Results, found: Sequence[Difference]) -> Forest:
    scales = scales_of(found, results.margin, apart=results.has_several_datasets)
    p_values = {row["variant"]: p_text(row) for row in results.comparisons.to_dict("records")}
    members: dict[str, list[ForestRow]] = {}
    headed: dict[str, ForestRow] = {}
    for one in found:
        rows = members.setdefault(one.cell, [])
        baseline = results.baselines[one.variant]
        names = {one.variant: one.name, baseline: one.baseline} if one.cell else {}
        if baseline in results.variants and one.cell:
            headed.setdefault(one.cell, _row(results, baseline, names, scales))
        elif baseline in results.variants and not any(row.variant == baseline for row in rows):
            rows.insert(0, _row(results, baseline, names, scales))
        rows.append(_row(results, one.variant, names, scales, one, p_values[one.variant]))
    shown = {row.variant for rows in [*members.values(), headed.values()] for row in rows}
    others = [_row(results, variant, {}, scales) for variant in results.variants if variant not in shown]
    groups = [ForestGroup(cell, rows, headed.get(cell)) for cell, rows in members.items()]
    groups += [ForestGroup("", others)] if others else []
    return forest(groups, found, scales, _subject(results, {row.name for row in headed.values()}))


def _row(
    results: Results,
    variant: str,
    names: Mapping[str, str],
    scales: Mapping[str, Scale],
    difference: Difference | None = None,
    p_value: str = "-",
) -> ForestRow:
    """Return the row of a variant.

    Args:
        names: short names of the variants in its sentence.
        scales: axis of each cell; empty without a plot.
        difference: the variant's difference; None if the variant is not compared.
        p_value: adjusted p value; "-" if there is none.
    """
    sentence = results.verdict_parts[variant].short if scales else results.verdicts[variant]
    for label in sorted(names, key=len, reverse=True):
        sentence = sentence.replace(label, names[label])
    sentence = with_names(sentence, own_names(results, variant))
    return ForestRow(
        variant=variant,
        name=_shown(results, names.get(variant, variant)),
        note=difference.note if difference else chosen_values(results).get(variant, ""),
        position=results.variants.index(variant),
        word=difference.word if difference else results.role_of(variant),
        sentence=sentence,
        p_value="" if p_value == "-" else p_equation(p_value),
        **(marks_of(difference, _subject(results, ()), scales[difference.cell]) if difference and scales else {}),
    )


def own_names(results: Results, variant: str) -> dict[str, str]:
    """Return the display names of a variant and its baseline, where they differ from their labels."""
    labels = {text: results.print_names.get(text) for text in (variant, results.baselines[variant])}
    return {label: name for label, name in labels.items() if name}


def _shown(results: Results, name: str) -> str:
    return results.print_names.get(name, name)


def _subject(results: Results, headed: Collection[str]) -> Subject:
    """Return the subject of the plot.

    Args:
        headed: names of the baselines of the groups.
    """
    sizes = [int(n) for n in results.comparisons["n"]]
    baseline = results.baseline or (next(iter(headed)) if len(headed) == 1 else "the baseline")
    correction = results.comparisons["correction"].iloc[0] if len(sizes) > 1 else ""
    adjusted = after_correction(correction) if correction else ""
    shown, has_looks = _shown(results, baseline), results.asked.looks is not None
    least = _least_reached(results.comparisons)
    return Subject(results.metric, shown, results.unit.noun, results.margin, sizes, adjusted, has_looks, least)


def _least_reached(comparisons: pd.DataFrame) -> str:
    """Return the smallest p value that exact tests on so many seeds can give, if a comparison has it; else ""."""
    is_exact = comparisons["test"].astype(str).str.endswith(", exact").all()
    sizes = {*comparisons["n"]}
    if not is_exact or len(sizes) != 1:
        return ""
    least = smallest_p(int(sizes.pop()), 1)
    return p_number(least) if (comparisons["p_adjusted"] <= least * (1 + ROUNDING)).any() else ""
