"""Regressions: each variant compared with itself on another side, with verdicts in words."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from runner.core.errors import UserError
from runner.core.text import counted
from runner.reporting.comparison.aggregate import comparison_frame
from runner.reporting.comparison.decision import IDENTICAL, NOT_SIGNIFICANT, STILL_TRAINING, UNDECIDED, WORSE, outcome
from runner.reporting.comparison.folds import unit_noun, units_of
from runner.reporting.comparison.lost_runs import NO_RESULT
from runner.reporting.comparison.pairs import ComparedRuns
from runner.reporting.comparison.sides import Pairing, Sides
from runner.reporting.metrics import quantity, sign_of
from runner.reporting.statistics.significance.names_of_tests import NO_TEST
from runner.reporting.targets import lost_how

REGRESSION_COLUMNS = [
    "variant", "reference", "side", "metric", "primary_metric", "test", "n", "reference_mean", "mean", "difference",
    "ci_low", "ci_high", "p_value", "p_holm", "margin", "p_margin", "n_completed", "lost", "reference_lost",
    "unmatched", "verdict", "reason", "fails",
]  # fmt: skip
NO_DIFFERENCE, CANNOT_DECIDE = "no difference shown", "cannot be decided"
_NAMED = 12  # maximum number of variants to list with one verdict
_REFERENCE, _OTHER = "reference", "other"


def regression_frame(sides: Sides, margin: float = 0.0) -> pd.DataFrame:
    """Return one row for each variant and side that is compared with the reference: `REGRESSION_COLUMNS`.

    Tests, intervals and Holm's correction over all rows are the same as in `comparison_frame`; pairs are made by
    seed. Means cover the runs from which the difference is computed.

    A row fails if the variant is worse beyond the margin. With d = other - reference if a higher metric is
    better (else reference - other), the test must show that d + margin is below 0, at p < 0.05 after Holm's correction.
    If the design cannot decide, a row fails only if the margin is above 0 and d + margin is below 0 in every pair
    (without pairs: for every combination of a run of one side and a run of the other).

    Args:
        margin: tolerated deterioration in the metric's unit (0.001 is 0.1 percentage points of a proportion), at least
            0.

    Raises:
        UserError: if no variant has a result on both sides.
    """
    designs = [_design(sides, pairing) for pairing in sides.pairings]
    summary = pd.concat(designs, ignore_index=True)
    baselines = {name: name.replace(_OTHER, _REFERENCE, 1) for name in summary["variant"].unique()}
    compared = comparison_frame(summary, sides.metric, baselines, bootstrap=False, correction="holm")
    if compared.empty:
        missing = " ".join(["no variant has a result on both sides.", *without_result(sides)])
        raise UserError(f"{sides.metric}: {missing}")
    beyond = compared if not margin else _beyond(summary, sides, margin, baselines)
    shifted = {row["variant"]: row for row in beyond.to_dict("records")}
    pairings = {_name(_OTHER, pairing): pairing for pairing in sides.pairings}
    rows = []
    for row in compared.to_dict("records"):
        pairing, own = pairings[row["variant"]], shifted[row["variant"]]
        rows.append(
            row
            | _means(summary, row)
            | {
                "variant": pairing.variant,
                "reference": sides.sides[0].name,
                "side": sides.sides[pairing.side].name,
                "primary_metric": sides.primary_metric,
                "margin": margin,
                "p_margin": own["p_holm"],
                "reference_lost": row["baseline_lost"],
                "verdict": IDENTICAL if _is_identical(sides, pairing) else _verdict(row),
                "fails": _fails(own, margin),
            }
        )
    return pd.DataFrame(rows, columns=REGRESSION_COLUMNS)


def shown_verdict(row: Mapping[Any, Any]) -> str:
    """Return a row's verdict in words, such as "undecided with 3 seeds"."""
    words: str = {
        IDENTICAL: f"identical on every {unit_noun(row)}",
        NO_DIFFERENCE: f"{UNDECIDED}, {NO_DIFFERENCE}",
        CANNOT_DECIDE: f"{UNDECIDED} with {counted(row['n'], unit_noun(row))}",
    }.get(row["verdict"], row["verdict"])
    if not row["margin"]:
        return words
    if row["fails"]:
        is_open = row["verdict"] == CANNOT_DECIDE
        return f"{words}; every pair is worse beyond the margin" if is_open else "worse beyond the margin"
    return f"{words}, but not shown to exceed the margin" if row["verdict"] == WORSE else words


def conclusion(frame: pd.DataFrame, names: Sequence[str], missing: Sequence[str] = ()) -> str:
    """Return one sentence about all comparisons.

    Args:
        names: names of the rows in the sentence.
        missing: variants without a result on one of the sides, which are not compared.
    """
    rows = frame.to_dict("records")
    found: dict[str, list[str]] = {}
    for row, name in zip(rows, names, strict=True):
        found.setdefault(shown_verdict(row), []).append(name)
    if missing:
        found["without a result on both sides"] = [*missing]
    parts = [f"{verdict} ({_some(of)})" for verdict, of in found.items()]
    return f"{_lead(frame, is_complete=not missing)} The {quantity(rows[0]['metric'])}: {'; '.join(parts)}."


def undecided_text(frame: pd.DataFrame) -> Iterator[str]:
    """Yield a warning if the design cannot decide some comparisons."""
    undecided = frame[frame["verdict"].isin([CANNOT_DECIDE, STILL_TRAINING])]
    if len(undecided):
        yield (
            f"{len(undecided)} of {counted(len(frame), 'comparison')} cannot be decided: "
            f"{'; '.join(undecided['reason'].unique())}. This is not evidence that nothing became worse."
        )


def without_result(sides: Sides) -> list[str]:
    """Return a sentence for each variant and side that has runs without a result, which the comparisons omit."""
    found = []
    for pairing in sides.pairings:
        for side, places in ((0, pairing.reference), (pairing.side, pairing.other)):
            statuses = sides.summary["status"].iloc[places]
            counts = [(status, int((statuses == status).sum())) for status in NO_RESULT if status != "diverged"]
            if missing := [f"{count} {status}" for status, count in counts if count]:
                total = f"{sides.letter(side)}'s {counted(len(places), 'run')}"
                omits = "the comparison omits runs without a result"
                found.append(f"{pairing.variant}: of {total}, {', '.join(missing)}; {omits}.")
    return [*dict.fromkeys(found)]


def cautions_of(frame: pd.DataFrame, names: Sequence[str]) -> Iterator[str]:
    """Yield cautions about comparisons that are not paired, exclude seeds, or count diverged runs as lost."""
    for row, name in zip(frame.to_dict("records"), names, strict=True):
        if not row["test"].startswith(("paired", NO_TEST)):
            yield f"{name}: not paired (one seed, a different split or different initial weights): {row['test']}."
        if row["unmatched"]:
            seeds = counted(row["unmatched"], "common seed")
            yield f"{name}: {seeds} excluded (a different split or different initial weights)."
        if row["lost"] or row["reference_lost"]:
            rest = "the difference covers the other seeds" if row["n_completed"] else "no difference is available"
            yield (
                f"{name}: {row['reference_lost']} of the reference's runs and {row['lost']} of the other side's "
                f"{lost_how(row['metric'])} and count as lost; {rest}."
            )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _design(sides: Sides, pairing: Pairing) -> pd.DataFrame:
    """Return the runs of a pairing; each pairing has its own copy of the reference, because their seeds differ."""
    parts = [(_REFERENCE, pairing.reference), (_OTHER, pairing.other)]
    return pd.concat([sides.summary.iloc[places].assign(variant=_name(end, pairing)) for end, places in parts])


def _name(end: str, pairing: Pairing) -> str:
    return f"{end} {pairing.side} {pairing.variant}"


def _beyond(summary: pd.DataFrame, sides: Sides, margin: float, baselines: Mapping[str, str]) -> pd.DataFrame:
    """Return the comparisons after improving every value of the other side by the margin."""
    is_other = summary["variant"].str.startswith(_OTHER)
    gain = sign_of(sides.metric) * margin
    shifted = summary.assign(**{sides.metric: summary[sides.metric].astype(float) + gain * is_other})
    return comparison_frame(shifted, sides.metric, baselines, bootstrap=False, correction="holm")


def _means(summary: pd.DataFrame, row: Mapping[Any, Any]) -> dict[str, float]:
    """Return the means over the completed runs in a difference; several runs of a seed count as their mean."""
    other, reference = (
        _mean(summary.iloc[places], row["metric"]) if places else math.nan for places in ComparedRuns(summary).of(row)
    )
    return {"mean": other, "reference_mean": reference}


def _mean(runs: pd.DataFrame, metric: str) -> float:
    return float(runs.groupby(units_of(runs))[metric].mean().mean())


def _is_identical(sides: Sides, pairing: Pairing) -> bool:
    """Return whether both sides have the same status and exactly the same value on every seed."""

    def results(places: list[int]) -> list[tuple[int, str, str, float]]:
        runs = sides.summary.iloc[places]
        values = runs[sides.metric].astype(float).fillna(math.inf)
        return sorted(zip(runs["seed"], units_of(runs).astype(str), runs["status"], values, strict=True))

    one, other = results(pairing.reference), results(pairing.other)
    has_result = (status == "diverged" or (status == "completed" and value < math.inf) for *_, status, value in one)
    return one == other and all(has_result)


def _verdict(row: Mapping[Any, Any]) -> str:
    if row["verdict"] != UNDECIDED:
        return outcome(row)
    return {NOT_SIGNIFICANT: NO_DIFFERENCE, STILL_TRAINING: STILL_TRAINING}.get(row["reason"], CANNOT_DECIDE)


def _fails(shifted: Mapping[Any, Any], margin: float) -> bool:
    """Return whether a comparison shows that the other side is worse even with the margin added."""
    if _verdict(shifted) != CANNOT_DECIDE:
        return _verdict(shifted) == WORSE
    return margin > 0 and shifted["win_probability"] == 0


def _lead(frame: pd.DataFrame, *, is_complete: bool) -> str:
    verdicts, failed = frame["verdict"], frame[frame["fails"]]
    if len(failed):
        is_open = (failed["verdict"] == CANNOT_DECIDE).all()
        return "Worse in every pair, although the seeds cannot decide." if is_open else "Worse."
    if (verdicts == WORSE).any():
        return "Worse, but not shown to exceed the margin."
    if (verdicts == IDENTICAL).all() and is_complete:
        return "Identical."
    undecided = verdicts.isin([CANNOT_DECIDE, STILL_TRAINING])
    if undecided.all():
        return "Not decided."
    is_decided = is_complete and not undecided.any()
    return f"Nothing is shown to be worse{'' if is_decided else ', but not every comparison can be decided'}."
