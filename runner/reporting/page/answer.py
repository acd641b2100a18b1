"""First screen of the page: a forest plot of differences from the baseline, with the verdict of each variant."""

from collections.abc import Mapping, Sequence

from runner.reporting.comparison.decision import p_text
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.metrics import p_equation
from runner.reporting.page.forest_layout import (
    Forest,
    ForestGroup,
    ForestRow,
    Scale,
    Subject,
    forest,
    marks_of,
    scale_of,
)
from runner.reporting.results import Results


def answer(results: Results, found: Sequence[Difference]) -> Forest:
    """Return the forest plot of a report's comparisons, in the order of the table, each cell after its baseline.

    Args:
        found: the comparisons, as from `differences`.
    """
    scale = scale_of(found, results.margin)
    p_values = {row["variant"]: p_text(row) for row in results.comparisons.to_dict("records")}
    members: dict[str, list[ForestRow]] = {}
    headed: dict[str, ForestRow] = {}
    for one in found:
        rows = members.setdefault(one.cell, [])
        baseline = results.baselines[one.variant]
        names = {one.variant: one.name, baseline: one.baseline} if one.cell else {}
        if baseline in results.variants and one.cell:
            headed.setdefault(one.cell, _row(results, baseline, names, scale))
        elif baseline in results.variants and not any(row.variant == baseline for row in rows):
            rows.insert(0, _row(results, baseline, names, scale))
        rows.append(_row(results, one.variant, names, scale, one, p_values[one.variant]))
    shown = {row.variant for rows in [*members.values(), headed.values()] for row in rows}
    others = [_row(results, variant, {}, scale) for variant in results.variants if variant not in shown]
    groups = [ForestGroup(cell, rows, headed.get(cell)) for cell, rows in members.items()]
    groups += [ForestGroup("", others)] if others else []
    return forest(groups, found, scale, _subject(results)) if scale else Forest(groups)


def _row(
    results: Results,
    variant: str,
    names: Mapping[str, str],
    scale: Scale | None,
    difference: Difference | None = None,
    p_value: str = "-",
) -> ForestRow:
    """Return the row of a variant.

    Args:
        names: short names of the variants in its sentence.
        difference: None if it is not compared.
        p_value: adjusted p value; "-" if there is none.
    """
    sentence = results.verdict_parts[variant].short if scale else results.verdicts[variant]
    for label in sorted(names, key=len, reverse=True):
        sentence = sentence.replace(label, names[label])
    is_baseline = results.baselines[variant] == variant
    return ForestRow(
        variant=variant,
        name=names.get(variant, variant),
        note=difference.note if difference else "",
        position=results.variants.index(variant),
        word=difference.word if difference else "baseline" if is_baseline else "not compared",
        sentence=sentence,
        p_value="" if p_value == "-" else p_equation(p_value),
        **(marks_of(difference, _subject(results), scale) if difference and scale else {}),
    )


def _subject(results: Results) -> Subject:
    sizes = [int(n) for n in results.comparisons["n"]]
    return Subject(results.metric, results.baseline or "the baseline", results.unit.noun, results.margin, sizes)
