"""Sentences about the significant effects of a grid's axes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.reporting.comparison.decision import NOT_SIGNIFICANT, STILL_TRAINING, UNDECIDED, p_text
from runner.reporting.grid_effects.complete_grids import VARIANT
from runner.reporting.grid_effects.effects import DIFFERS, INTERACTION, LOOKS_TO_COME, MAIN
from runner.reporting.metrics import p_equation, quantity, shown_unit, signed_text
from runner.reporting.statistics.significance.holm import after_correction

_MOST = 8  # maximum number of sentences; any other effects are only counted
_Row = Mapping[Any, Any]  # a row of the frame of effects


def effect_verdicts(effects: pd.DataFrame) -> list[str]:
    """Return a sentence for each significant effect, interactions first; also one if no interaction is significant.

    There is a sentence on an omnibus test only if no contrast of its effect is significant.

    Args:
        effects: frame with the columns of effects.csv.
    """
    rows: Sequence[_Row] = effects.to_dict("records")
    if not rows:
        return []
    if rows[0]["reason"] in (STILL_TRAINING, LOOKS_TO_COME):
        return [f"effects: {rows[0]['reason']}, so nothing is claimed."]
    contrasted = {_effect(row) for row in rows if row["level"] and row["verdict"] != UNDECIDED}
    told = [row for row in rows if _is_told(row, contrasted)]
    interactions = [row for row in rows if row["kind"] == INTERACTION]
    claims = [*(row for row in told if row["kind"] == INTERACTION), *(row for row in told if row["kind"] == MAIN)]
    where = {row["dataset"] for row in rows}
    sentences = [_sentence(row, several=len(where) > 1) for row in claims[:_MOST]]
    if len(claims) > _MOST:
        sentences.append(f"{counted(len(claims) - _MOST, 'further significant effect')} in effects.csv.")
    tested = [row for row in interactions if row["reason"] == NOT_SIGNIFICANT]
    if tested and all(row["verdict"] == UNDECIDED for row in interactions):
        sentences.insert(0, _no_interaction(tested))
    return sentences + _undecidable(rows)


def effect_text(row: _Row) -> str:
    """Describe an effect: `momentum: 0.9 vs 0`, or `momentum: 0.9 vs 0 x learning_rate: 0.3 vs 0.01`."""
    if not row["level"]:
        return " x ".join(filter(None, [row["factor"], row["by_factor"]])) + ", all levels"
    parts = [f"{row['factor']}: {row['level']} vs {row['reference']}"]
    if row["by_factor"]:
        parts.append(f"{row['by_factor']}: {row['by_level']} vs {row['by_reference']}")
    return " x ".join(parts)


def _effect(row: _Row) -> tuple[str, ...]:
    return row["dataset"], row["factor"], row["by_factor"]


def _is_told(row: _Row, contrasted: set[tuple[str, ...]]) -> bool:
    return row["verdict"] != UNDECIDED and not (row["verdict"] == DIFFERS and _effect(row) in contrasted)


def _sentence(row: _Row, *, several: bool) -> str:
    say = _omnibus if not row["level"] else _main if row["kind"] == MAIN else _interaction
    on = f" on {row['dataset']}" if several else ""
    return f"{say(row)}{on} {_evidence(row)}."


def _omnibus(row: _Row) -> str:
    if row["kind"] == MAIN:
        return f"{quantity(row['metric'])} differs between the levels of {_axis(row['factor'])}{_on_average(row)}"
    return f"the effect of {_axis(row['factor'])} on {quantity(row['metric'])} depends on {_axis(row['by_factor'])}"


def _axis(key: str) -> str:
    return "the variant" if key == VARIANT else key


def _main(row: _Row) -> str:
    change = _change(row["metric"], row["difference"], row["ci_low"], row["ci_high"], named=True)
    return f"{_instead(row)} {change}{_on_average(row)}"


def _interaction(row: _Row) -> str:
    """Describe the effect of the first factor at both levels of the second; only their difference is tested."""
    metric, changes = row["metric"], []
    for place in ("at_reference", "at_level"):
        estimate = (row[name] for name in (place, f"{place}_low", f"{place}_high"))
        changes.append(_change(metric, *estimate, named=place == "at_reference"))
    verbs = [change.split()[0] for change in changes]
    at = "for " if row["by_factor"] == VARIANT else "at "
    key = "" if row["by_factor"] == VARIANT else f"{row['by_factor']}="
    same = verbs[0] == verbs[1]
    second = f"and {changes[1].removeprefix(f'{verbs[1]} it ')}" if same else f"but {changes[1]}"
    return f"{_instead(row)} {changes[0]} {at}{key}{row['by_reference']} {second} {at}{row['by_level']}"


def _instead(row: _Row) -> str:
    factor = "" if row["factor"] == VARIANT else f"{row['factor']}="
    return f"{factor}{row['level']} rather than {row['reference']}"


def _change(metric: str, mean: float, low: float, high: float, *, named: bool) -> str:
    """Describe a difference: `raises test accuracy by 0.90 percentage points`, or `does not clearly change` it.

    Args:
        named: whether to mention the metric and its unit.
    """
    what, unit = (quantity(metric), f" {shown_unit(metric)}".rstrip()) if named else ("it", "")
    if mean == 0 or low <= 0 <= high:  # false for NaN, that is, if all seeds are equal
        return f"does not clearly change {what} ({signed_text(mean, metric)}{unit})"
    return f"{'raises' if mean > 0 else 'lowers'} {what} by {signed_text(mean, metric)[1:]}{unit}"


def _on_average(row: _Row) -> str:
    others = " and ".join("the variants" if key == VARIANT else key for key in row["averaged_over"].split(",") if key)
    return f" on average over {others}" if others else ""


def _evidence(row: _Row) -> str:
    parts = [_p_value(row), row["test"], f"n = {row['n']}"]
    if not row["level"]:
        return f"({'; '.join(parts)})"
    metric = row["metric"]
    interval = "no 95% CI, all seeds equal"
    if not math.isnan(row["ci_low"]):
        interval = f"95% CI {signed_text(row['ci_low'], metric)} to {signed_text(row['ci_high'], metric)}, unadjusted"
    if row["kind"] == INTERACTION:
        average = _on_average(row)
        interval = f"interaction{average} {signed_text(row['difference'], metric)}, {interval}"
    return f"({'; '.join([interval, *parts])})"


def _no_interaction(rows: Sequence[_Row]) -> str:
    """Return a sentence saying that no interaction is significant, with the smallest p value of those that could be."""
    pairs = {(_axis(row["factor"]), _axis(row["by_factor"])) for row in rows}
    which = "" if len(pairs) > 1 else f" of {' and '.join(*pairs)}"
    smallest = min(rows, key=lambda row: float(row["p_adjusted"]))
    return f"no interaction{which} is significant (smallest {_p_value(smallest)})."


def _undecidable(rows: Sequence[_Row]) -> list[str]:
    """Yield a sentence on the design if the seeds cannot decide all effects."""
    unable = [row for row in rows if row["reason"] not in ("", NOT_SIGNIFICANT)]
    if not unable:
        return []
    which = "effects" if len(unable) == len(rows) else "contrasts of two levels"
    return [f"{which}: {unable[0]['reason']}, so nothing is claimed."]


def _p_value(row: _Row) -> str:
    return f"{p_equation(p_text(row))}, {after_correction(row['correction'])}"
