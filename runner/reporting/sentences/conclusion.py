"""Conclusion of a report: the verdicts on all variants and the best variants, in one or two sentences."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.reporting.comparison.decision import (
    BETTER,
    EQUIVALENT,
    STILL_TRAINING,
    UNDECIDED,
    WORSE,
    can_decide,
    outcome,
)
from runner.reporting.metrics import margin_text, quantity, sign_of, value_text
from runner.reporting.tables.marks import Mark
from runner.reporting.targets import is_time, runs_lost

_MOST = 6  # maximum number of variants to name
_LONGEST = 150  # characters; longer lists are counted
_Row = Mapping[Any, Any]  # a row of a frame


def conclusion(
    aggregate: pd.DataFrame, comparisons: pd.DataFrame, marks: Mapping[str, Mark], *, only_best: bool = False
) -> str:
    """Return the verdicts on all variants by kind, and the best variants on each data set; "" for a single variant.

    Args:
        aggregate: one row per variant, as from `aggregate_frame`.
        comparisons: one row per comparison, as from `comparison_frame`.
        marks: the mark of each variant.
        only_best: whether to leave out the baseline, because almost any variant is better.
    """
    if len(aggregate) < 2:
        return ""
    if len(aggregate) == 2 and len(comparisons) == 1 and (decided := _decided(aggregate, comparisons.iloc[0])):
        return decided
    best = _best(aggregate, marks, {*comparisons["baseline"]})
    if only_best:
        return best
    datasets = {str(row["variant"]): str(row["dataset"]) for row in aggregate.to_dict("records")}
    versus_baseline = _versus_baseline(comparisons.to_dict("records"), datasets)
    return " ".join(filter(None, [versus_baseline, best]))


def search_conclusion(selected: Mapping[Any, Any], row: Mapping[Any, Any]) -> str:
    """Return the best point of a search, with its scores before and after the choice.

    Args:
        selected: the row of the search in the selection frame.
        row: the row of the search in the aggregate frame.
    """
    metric, measured = str(selected["metric"]), str(row["metric"])
    scores = [f"{value_text(selected['tuned'], metric)} in the search"]
    if selected["n"]:
        scores.append(f"{value_text(selected['fresh'], metric)} over {counted(selected['n'], 'fresh seed')}")
    sentences = [
        f"Best of {counted(selected['budget'], 'trial')}: {selected['point']}.",
        f"Mean {quantity(metric)}: {', '.join(scores)}.",
    ]
    if row["n"] and measured != metric:
        sentences.append(f"Mean {quantity(measured)}: {value_text(row['mean'], measured)}.")
    return " ".join(sentences)


def _decided(aggregate: pd.DataFrame, comparison: "pd.Series[Any]") -> str:
    """Return the verdict on the only comparison, with both means; "" if it is undecided."""
    baseline, metric = str(comparison["baseline"]), str(comparison["metric"])
    word = outcome(comparison)
    if word == UNDECIDED:
        return ""
    claim = f"equivalent to {baseline} within {margin_text(comparison['margin'], metric)}"
    claim = claim if word == EQUIVALENT else f"significantly {word} than {baseline}"
    means = aggregate.set_index("variant")["mean"]
    both = [means[comparison["variant"]], means[baseline]]
    values = f" (mean {quantity(metric)} {' versus '.join(value_text(mean, metric) for mean in both)})"
    return f"{comparison['variant']} is {claim}{'' if any(map(math.isnan, both)) else values}."


def _versus_baseline(rows: Sequence[_Row], datasets: Mapping[str, str]) -> str:
    """Return the verdicts on all variants by kind.

    Args:
        datasets: data set of each variant.
    """
    if not rows:
        return ""
    if any(row["reason"] == STILL_TRAINING for row in rows):
        return "Runs are still training, so nothing is claimed yet."
    several = len({*datasets.values()}) > 1
    names = {str(row["baseline"]) for row in rows}
    names = {name.removesuffix(f" [{datasets.get(name)}]") for name in names} if several else names
    baseline = names.pop() if len(names) == 1 else "their baselines"
    members: dict[str, list[str]] = {word: [] for word in (BETTER, WORSE, EQUIVALENT, UNDECIDED)}
    for row in rows:
        members[outcome(row)].append(str(row["variant"]))
    found = {word: variants for word, variants in members.items() if variants}
    if {*found} == {UNDECIDED}:
        return _nothing_shown(rows, baseline, " on any data set" * several)
    share = f"of {len(rows)} {'comparisons' if several else 'variants'}"
    margin = margin_text(rows[0]["margin"], rows[0]["metric"])
    heads = {
        BETTER: f"significantly better than {baseline}",
        WORSE: f"significantly worse than {baseline}",
        EQUIVALENT: f"equivalent to {baseline} within {margin}",
        UNDECIDED: "undecided",
    }
    texts = [f"{heads[word]}: {_some(variants, share)}" for word, variants in found.items()]
    return _sentence("; ".join(texts))


def _nothing_shown(rows: Sequence[_Row], baseline: str, where: str) -> str:
    """Return the sentence if all comparisons are undecided."""
    unable = dict.fromkeys(str(row["reason"]) for row in rows if not can_decide(row))
    if unable:
        why = next(iter(unable)) if len(unable) == 1 else "the runs are too few"
        return _sentence(f"{why}, so no difference from {baseline} is claimed")
    if math.isnan(rows[0]["margin"]):
        return f"No significant difference from {baseline} was found{where}."
    return f"Neither a significant difference from {baseline} nor equivalence to it was found{where}."


def _best(aggregate: pd.DataFrame, marks: Mapping[str, Mark], baselines: Collection[str]) -> str:
    """Return the best variants on each data set and, on a single one, those not significantly different from them.

    If a baseline is among the best, the verdicts already list those variants.
    """
    rows = aggregate.to_dict("records")
    metric = str(rows[0]["metric"])
    bests = [*_bests(rows, marks)]
    if not bests or len(bests) > _MOST:
        return ""
    among = f" among variants with the fewest {'lost' if is_time(metric) else 'diverged'} runs"
    extreme = "highest" if sign_of(metric) > 0 else "lowest"
    head = f"{extreme} mean {quantity(metric)}{among * any(runs_lost(row, metric) for row in rows)}"
    tied = [variant for variant, mark in marks.items() if mark == "as good"]
    is_known = len(rows) == 2 or any(marks.get(baseline) == "best" for baseline in baselines)
    is_told = tied and not is_known and len({row["dataset"] for row in rows}) == 1
    also = f", not significantly different from {_some(tied, 'others')}" if is_told else ""
    return _sentence(f"{head}: {_listed(bests)}{also}")


def _bests(rows: Sequence[_Row], marks: Mapping[str, Mark]) -> Iterator[str]:
    """Yield the best variants with their means, which equally good ones share."""
    by_mean: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if marks[str(row["variant"])] == "best":
            mean = value_text(row["mean"], str(row["metric"]))
            by_mean.setdefault((str(row["dataset"]), mean), []).append(str(row["variant"]))
    for (_, mean), variants in by_mean.items():
        yield f"{_listed(variants)} ({mean})"


def _some(variants: Sequence[str], noun: str) -> str:
    """List a few variants by name; otherwise, count them."""
    listed = _listed(variants)
    return listed if len(variants) <= _MOST and len(listed) <= _LONGEST else f"{len(variants)} {noun}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
