"""Verdicts and cautions: one sentence per variant, and the limits of its evidence."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from runner.core.text import counted
from runner.records.design import CORRECTION_NAMES
from runner.records.record import RunRecord
from runner.reporting.comparison.decision import (
    EQUIVALENT,
    NEITHER_SHOWN,
    NOT_SIGNIFICANT,
    STILL_TRAINING,
    UNDECIDED,
    can_decide,
    has_seeds_apart,
    has_times,
    least_text,
    may_be_these_alone,
    outcome,
    p_text,
    shows_only_equivalence,
)
from runner.reporting.comparison.folds import unit_noun
from runner.reporting.comparison.lost_runs import no_result_text
from runner.reporting.metrics import (
    detectable_text,
    device_name,
    exceeds_rounding,
    margin_text,
    p_equation,
    p_number,
    quantity,
    seeds_interval,
    shown_unit,
    signed_text,
    value_text,
)
from runner.reporting.sentences.claim import Claim
from runner.reporting.sentences.time_verdicts import (
    about_times,
    claim_on_times,
    difference_of_times,
    evidence_on_times,
    shown_estimate,
)
from runner.reporting.statistics.power import POWER
from runner.reporting.statistics.significance.attainability import (
    LEVEL,
    seeds_needed,
    smallest_equivalence_p,
    smallest_p,
)
from runner.reporting.statistics.significance.holm import after_correction
from runner.reporting.statistics.significance.names_of_tests import NO_TEST
from runner.reporting.statistics.ties import ROUNDING
from runner.reporting.targets import is_time, lost_how, runs_lost, runs_with_value, succeeded

_MIXED = {"device": "device", "threads": "number of threads", "code": "commit"}
_NAMED = 6  # maximum number of variants that a caution names
_ALL = {1: "its only run", 2: "both runs"}  # words for all runs of a variant, by their number
_Row = Mapping[Any, Any]  # a row of a frame


@dataclass(frozen=True)
class Verdict:
    """Sentence on one variant: its name, its mean in brackets, a claim, the estimate, and the evidence."""

    variant: str
    claim: str
    finding: str  # without the names of the variant and its baseline, and without the word of the verdict; may be ""
    mean: str = ""
    estimate: str = ""
    evidence: str = ""
    doubt: str = ""  # part of the evidence without which the claim would be too strong, or seem to contradict a plot

    @property
    def short(self) -> str:
        """The finding as a sentence, for a table with the names and the word of the verdict; "" if nothing is left."""
        text = f"{self.finding}{self.doubt}".removeprefix("; ")
        return f"{text[:1].upper()}{text[1:]}." if text else ""

    def __str__(self) -> str:
        """Return the whole sentence."""
        return f"{self.variant}{self.mean}{self.claim}{self.estimate}{self.evidence}."


def verdicts(
    aggregate: pd.DataFrame, comparisons: pd.DataFrame, baselines: Mapping[str, str], goal: str = ""
) -> dict[str, str]:
    """Return one sentence per variant; arguments are as for `verdict_parts`."""
    return {variant: str(found) for variant, found in verdict_parts(aggregate, comparisons, baselines, goal).items()}


def verdict_parts(
    aggregate: pd.DataFrame, comparisons: pd.DataFrame, baselines: Mapping[str, str], goal: str = ""
) -> dict[str, Verdict]:
    """Return claim and evidence on each variant, in the order of the table.

    Args:
        baselines: each variant's baseline; a baseline maps to itself.
        goal: the target in words, if the metric is the time to it.
    """
    rows = {str(row["variant"]): row for row in aggregate.to_dict("records")}
    compared = {row["variant"]: row for row in comparisons.to_dict("records")}
    return {
        variant: _verdict_on_times(compared[variant], rows, goal, len(compared))
        if variant in compared and has_times(compared[variant])
        else _verdict(variant, rows, compared, baselines)
        for variant in rows
    }


def _verdict(
    variant: str, rows: Mapping[str, _Row], compared: Mapping[Any, _Row], baselines: Mapping[str, str]
) -> Verdict:
    row = rows[variant]
    if variant in compared:
        found = compared[variant]
        evidence = _evidence(found, rows, len(compared)) + _single_networks(found, len(compared))
        claims_too_much = found["verdict"] != UNDECIDED and may_be_these_alone(found)
        doubt = f"; {next(_of_these_examples(found))}" if claims_too_much else _despite_interval(found)
        claim, mean = _claim(found), _mean(row)
        estimate = _estimate(found, rows)
        finding = "; ".join(filter(None, ["" if row["n"] else mean, _remark(found, claim, doubt)]))
        return Verdict(variant, f" {claim}", finding, f" ({mean})", estimate, evidence, doubt)
    mean = _mean(row)
    if not row["n"]:
        return Verdict(variant, f" has {mean}", mean)
    baseline = baselines[variant]
    if baseline != variant:
        text = f"{mean} (n = {row['n']:.0f}); its baseline, {baseline}, has no result"
        return Verdict(variant, f": {text}", text)
    if any(found["baseline"] == variant for found in compared.values()):
        lost = mean if runs_lost(row, row["metric"]) else ""
        return Verdict(variant, " is the baseline", lost, f" ({mean}, n = {row['n']:.0f})")
    text = f"{mean} (n = {row['n']:.0f})"
    return Verdict(variant, f": {text}", text)


def _remark(found: _Row, claim: Claim, doubt: str) -> str:
    """Return the part of a claim that its word does not say; "" if there is none."""
    if not can_decide(found) and not shows_only_equivalence(found):
        return f"too few {unit_noun(found)}s"
    if found["verdict"] != UNDECIDED:
        return claim.rest.lstrip(" ,")
    if found["reason"] == NOT_SIGNIFICANT and not doubt and not math.isnan(found["detectable"]):
        return f"detectable with {POWER:.0%} power: {detectable_text(found['detectable'], found['metric'])}"
    return claim.finding


def _verdict_on_times(found: _Row, rows: Mapping[str, _Row], goal: str, comparisons: int) -> Verdict:
    claim, margin = _claim(found), margin_text(found["margin"], found["metric"])
    if found["verdict"] not in (UNDECIDED, EQUIVALENT):
        claim = replace(claim_on_times(found, goal), rest=_by_how_much(found, margin))
    elif found["verdict"] == EQUIVALENT or found["reason"] in (NOT_SIGNIFICANT, NEITHER_SHOWN):
        claim = replace(claim, rest=f"{claim.rest} {about_times(goal)}")
    parts = [*evidence_on_times(found, rows, _p_values(found, comparisons), comparisons), *_looks(found)]
    parts += _among(rows[found["variant"]], rows[found["baseline"]])
    text = "; ".join(parts)
    if difference := difference_of_times(found):
        whole = f" {claim}{_joint(found)} {difference}"
        return Verdict(found["variant"], whole, claim.finding, evidence=f" ({text})")
    evidence = f" ({text})" if can_decide(found) else f"; {text}"
    return Verdict(found["variant"], f" {claim}", claim.finding, evidence=evidence if text else "")


def _mean(row: _Row) -> str:
    """Describe a variant's mean, with the number of runs that it covers if others diverged."""
    metric, runs = row["metric"], row["runs"]
    named = quantity(metric)
    if row["n"]:
        mean = f"mean {named} {value_text(row['mean'], metric)}"
        over = f" over the {runs_with_value(row, metric)} of {runs} runs that {succeeded(metric)}"
        return mean + over * bool(runs_lost(row, metric))
    if runs_lost(row, metric) == runs:
        return f"no {named}: {_ALL.get(runs, f'all {runs} runs')} {lost_how(metric)}"
    return f"no {named}: {'its only run did not complete' if runs == 1 else f'none of its {runs} runs completed'}"


def _claim(found: _Row) -> Claim:
    baseline, margin = found["baseline"], margin_text(found["margin"], found["metric"])
    if found["verdict"] == EQUIVALENT:
        also = ", though significantly different" if found["p_adjusted"] < LEVEL else ""
        return Claim("is", "equivalent", f"to {baseline}", f" within {margin}{also}")
    if found["verdict"] != UNDECIDED:
        return Claim("is", f"significantly {outcome(found)}", f"than {baseline}", _by_how_much(found, margin))
    if found["reason"] == NOT_SIGNIFICANT:
        return Claim("is undecided, with", NOT_SIGNIFICANT, f"from {baseline}")
    if found["reason"] == NEITHER_SHOWN:
        neither, nor = "neither a significant difference", f" nor equivalence within {margin}"
        return Claim("is undecided, with", neither, f"from {baseline}", nor)
    if shows_only_equivalence(found):
        rest = f" within {margin}; {found['reason']}"
        return Claim("is undecided:", "not shown to be equivalent", f"to {baseline}", rest)
    if found["reason"] == STILL_TRAINING:
        return Claim("", "", f"versus {baseline}: ", f"{STILL_TRAINING}, so nothing is claimed")
    return Claim("is undecided", "", f"versus {baseline}: ", found["reason"])


def _by_how_much(found: _Row, margin: str) -> str:
    """Say whether a significant difference is shown to exceed the margin; "" without a margin."""
    if math.isnan(found["margin"]):
        return ""
    return f" by more than {margin}" if found["p_beyond"] < LEVEL else f", perhaps by less than {margin}"


def _estimate(found: _Row, rows: Mapping[str, _Row]) -> str:
    """Describe the difference from the baseline, with its number of seeds if either side also has unpaired seeds."""
    if not found["n_completed"]:
        return ""
    metric = found["metric"]
    text = f"{signed_text(found['difference'], metric)} {shown_unit(metric)}".strip() + _tiny(found)
    if found["lost"] or found["baseline_lost"]:
        both = f"in which both {succeeded(metric)}" if is_time(metric) else "that both completed"
        text += f" over the {counted(found['n_completed'], unit_noun(found))} {both}"
    elif has_seeds_apart(found, {variant: row["n"] for variant, row in rows.items()}):
        which = "of its last look" if found["looks"] else "that both have"
        text += f" over the {found['n_completed']} {unit_noun(found)}s {which}"
    return f"{_joint(found)} {text}"


def _joint(found: _Row) -> str:
    """Return the punctuation between a claim and its estimate."""
    is_answered = found["verdict"] != UNDECIDED or found["reason"] in (NOT_SIGNIFICANT, NEITHER_SHOWN)
    return ":" if is_answered else ";"


def _evidence(found: _Row, rows: Mapping[str, _Row], comparisons: int) -> str:
    """Return the evidence for a claim, in parentheses; "" if nothing is claimed."""
    if found["reason"] == STILL_TRAINING:
        return ""
    if math.isnan(found["p_adjusted"]) and not can_decide(found):
        interval = "; ".join(_intervals(found, comparisons))
        return f" ({interval})" if interval else ""
    parts = [*_intervals(found, comparisons), _p_values(found, comparisons), *_tested(found), f"n = {found['n']}"]
    parts += [
        *_looks(found),
        *_lost(found),
        *_among(rows[found["variant"]], rows[found["baseline"]]),
        *_of_these_examples(found),
        *_could_have_shown(found),
    ]
    return f" ({'; '.join(parts)})"


def _tested(found: _Row) -> Iterator[str]:
    if found["test"] != NO_TEST:
        yield found["test"]


def _p_values(found: _Row, comparisons: int) -> str:
    """Format the adjusted p values of the difference and, with a margin, of the claim about the margin."""
    if math.isnan(found["p_adjusted"]):
        return "no p value"
    difference = p_equation(p_text(found))
    after = f", {after_correction(found['correction'])}" if comparisons > 1 else ""
    has_claim = found["verdict"] not in (UNDECIDED, EQUIVALENT)
    name, against = ("p_beyond", "more than the margin") if has_claim else ("p_equivalence", "equivalence")
    if math.isnan(found[name]):
        return f"{difference}{after}"
    both = [f"{difference} for a difference", f"{p_equation(p_text(found, name))} for {against}"]
    first, second = both if has_claim else reversed(both)
    return f"{first} and {second}{after}"


def _tiny(found: _Row) -> str:
    """Note a difference in accuracy that is not zero, but smaller than one test example, apart from rounding."""
    size, examples = abs(found["difference"]), _examples(found)
    is_tiny = exceeds_rounding(size) and (size + ROUNDING) * examples < 1
    return " (less than one test example)" if examples and is_tiny and found["metric"] == "test_accuracy" else ""


def _examples(found: _Row) -> int:
    """Return the size of the test set; 0 if unknown."""
    examples = found.get("test_examples")
    return 0 if examples is None or pd.isna(examples) else int(examples)


def _of_these_examples(found: _Row) -> Iterator[str]:
    """Return the words for the test examples of a claim, because the test over seeds does not cover new ones."""
    these = f"these {_examples(found):,} test examples"
    if may_be_these_alone(found):
        claim = "equivalence" if found["verdict"] == EQUIVALENT else "difference"
        yield f"the {claim} may hold for {these} only"
    elif found["verdict"] != UNDECIDED and _examples(found):
        covers_new = not math.isnan(found["new_images_low"])  # the intervals state which examples they cover
        yield f"{_examples(found):,} test examples" if covers_new else f"holds for {these}"


def _single_networks(found: _Row, comparisons: int) -> str:
    """Return McNemar's test of two single runs as an additional clause; "" without such a test."""
    p_value = found.get("p_mcnemar", math.nan)
    if math.isnan(p_value) or found["reason"] == STILL_TRAINING:
        return ""
    differ = "differ" if p_value < LEVEL else "do not differ significantly"
    unadjusted = ", unadjusted" if comparisons > 1 else ""
    return (
        f"; these two networks {differ} on these {_examples(found):,} test examples (McNemar, exact: "
        f"{p_equation(p_number(p_value))}{unadjusted}); one seed says nothing about the variants"
    )


def _intervals(found: _Row, comparisons: int) -> Iterator[str]:
    """Yield the intervals of the difference, which are not adjusted for multiple comparisons."""
    if found["n_completed"] < 2:
        return
    interval = seeds_interval(found)
    is_known = not math.isnan(found[f"{interval}_low"])
    none = "no 95% CI" + ("" if found["looks"] else ", all differences equal")
    text = f"95% CI {_range(found, interval)}" if is_known else none
    if has_new := not math.isnan(found.get("new_images_low", math.nan)):
        new = _range(found, "new_images")
        included = f" for these test examples, {new} if new test examples are included"
        text += included if is_known else f"; {new} for new test examples"
        text += ", but for this look alone" * bool(found["looks"])
    yield text + ", unadjusted" * (comparisons > 1 and (is_known or has_new))


def _range(found: _Row, interval: str) -> str:
    ends = [found[f"{interval}_{end}"] for end in ("low", "high")]
    return " to ".join(signed_text(end, found["metric"], ends) for end in ends)


def _looks(found: _Row) -> Iterator[str]:
    if found["looks"]:
        yield f"at planned look {found['looks']}"


def _could_have_shown(found: _Row) -> Iterator[str]:
    """Yield the smallest difference that an undecided comparison could have detected."""
    if found["verdict"] == UNDECIDED and not math.isnan(found["detectable"]):
        smallest = detectable_text(found["detectable"], found["metric"])
        yield f"could have detected a difference of {smallest} with {POWER:.0%} power"


def _lost(found: _Row) -> Iterator[str]:
    """Describe the diverged runs that a comparison counts as lost."""
    sides = (("lost", "variant"), ("baseline_lost", "baseline"))
    if lost := [f"{counted(found[count], 'run')} of {found[side]}" for count, side in sides if found[count]]:
        yield f"counted as lost: {' and '.join(lost)} that {lost_how(found['metric'])}"


def _among(*sides: _Row) -> Iterator[str]:
    """Describe the runs that a claim covers, if others have no result."""
    parts = [
        f"the {row['completed'] + row['diverged']} of {row['runs']} runs of {row['variant']} that "
        f"{'completed or diverged' if row['diverged'] else 'completed'}"
        for row in sides
        if row["completed"] + row["diverged"] < row["runs"]
    ]
    if parts:
        yield f"among {' and '.join(parts)}"


def cautions(
    aggregate: pd.DataFrame,
    comparisons: pd.DataFrame,
    records: Sequence[RunRecord],
    tuned: Iterable[str],
    not_begun: int = 0,
) -> list[str]:
    """Return the limits of the evidence, one sentence each.

    Args:
        tuned: sentences about the tuning of the variants.
        not_begun: number of planned runs without a record.
    """
    runs = [*_without_result(aggregate), *_to_come(aggregate, not_begun)]
    pairs = [
        *_undecidable(comparisons), *_unmatched(comparisons), *_unpaired(comparisons), *_disagreeing(comparisons)
    ]  # fmt: skip
    return [*runs, *tuned, *pairs, *_mixed(records)]


def _without_result(aggregate: pd.DataFrame) -> Iterator[str]:
    for _, row in aggregate.iterrows():
        if without := no_result_text(row):
            rest = f"its results cover the other {row['n']:.0f}" if row["n"] else "it has no results"
            if row["diverged"]:
                rest += "; comparisons count diverged runs as lost"
            yield f"{row['variant']}: of {counted(row['runs'], 'run')}, {without}; {rest}."


def _to_come(aggregate: pd.DataFrame, not_begun: int) -> Iterator[str]:
    training = [
        f"{row['running']} of {counted(row['runs'], 'run')} of {row['variant']}"
        for _, row in aggregate[aggregate["running"] > 0].iterrows()
    ]
    if training:
        yield (
            f"still training: {', '.join(training)}. These results are preliminary: nothing is claimed about these "
            "variants, and the p values of the others may change."
        )
    if not_begun:
        yield f"not yet started: {counted(not_begun, 'planned run')}. This report covers only part of the plan."


def _undecidable(comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield sentences on designs that cannot reach significance whatever the results."""
    unable = [row for row in comparisons.to_dict("records") if not can_decide(row)]
    for reason, row in {row["reason"]: row for row in unable}.items():
        smallest, pairs = least_text(smallest_p(row["n"], 1)), counted(row["n"], "pair")
        claims = "nothing" if math.isnan(row["margin"]) else "neither a difference nor equivalence"
        if shows_only_equivalence(row):
            smallest += f" for a difference and {least_text(smallest_equivalence_p(row['n'], 1))} for equivalence,"
            claims = "no difference"
        yield (
            f"{reason}: an exact test on {pairs} gives {smallest} before any correction. For these comparisons with "
            f"the baseline, the report shows intervals and claims {claims}.{_without_lost(comparisons, row['n'])}"
        )


def _without_lost(comparisons: pd.DataFrame, seeds: int) -> str:
    """Say that the seeds suffice without the variants whose lost runs need a second kind of test; "" otherwise."""
    has_lost = (comparisons["lost"] > 0) | (comparisons["baseline_lost"] > 0)
    others = comparisons[~has_lost]
    kinds = {str(test).partition(",")[0] for test in others["test"]}
    if not (has_lost.any() and len(kinds) == 1 and set(comparisons["correction"]) == {CORRECTION_NAMES["max_t"]}):
        return ""
    if seeds < seeds_needed(1):
        return ""
    names = ", ".join(comparisons.loc[has_lost, "variant"])
    return f" Lost runs need a second joint test; without {names}, {counted(seeds, 'seed')} suffice."


def _unmatched(comparisons: pd.DataFrame) -> Iterator[str]:
    for row in comparisons[comparisons["unmatched"] > 0].to_dict("records"):
        yield (
            f"{row['variant']}: {counted(row['unmatched'], unit_noun(row))} shared with {row['baseline']} "
            f"{'does not form a matched pair' if row['unmatched'] == 1 else 'do not form matched pairs'} "
            "(different data, split or initial weights); the comparison excludes such seeds."
        )


def _unpaired(comparisons: pd.DataFrame) -> Iterator[str]:
    is_unpaired = ~comparisons["test"].astype(str).str.startswith(("paired", NO_TEST))
    for test, rows in comparisons[is_unpaired & (comparisons["n"] > 1)].groupby("test", sort=False):
        name = "Welch's test" if test == "Welch" else "the rank-sum test"
        yield (
            "not paired with the baseline (different seeds, data, split or initial weights), so compared by "
            f"{name}: {', '.join(rows['variant'])}."
        )


def _disagreeing(comparisons: pd.DataFrame) -> Iterator[str]:
    """Yield sentences on intervals that contain 0 although p is significant, or vice versa, with the reason."""
    found: dict[tuple[bool, str], list[str]] = {}
    for row in comparisons.to_dict("records"):
        interval = shown_estimate(row)[1]
        low, high, p_value = row[f"{interval}_low"], row[f"{interval}_high"], row["p_adjusted"]
        is_tested = can_decide(row) and row["reason"] != STILL_TRAINING and not math.isnan(p_value)
        excludes_zero = low > 0 or high < 0
        if is_tested and not math.isnan(low) and excludes_zero != (p_value < LEVEL):
            found.setdefault((excludes_zero, why_apart(row)), []).append(str(row["variant"]))
    for (excludes_zero, why), variants in found.items():
        named = ", ".join(variants) if len(variants) <= _NAMED else counted(len(variants), "variant")
        apart = "excludes 0, but p is not" if excludes_zero else "contains 0, but p is"
        yield f"{named}: the 95% interval {apart} below {LEVEL}, because {why}; the verdict follows p."


def _despite_interval(row: _Row) -> str:
    """Say that a comparison is undecided although its interval excludes 0; "" if it contains 0."""
    interval = shown_estimate(row)[1]
    if row["verdict"] != UNDECIDED or not (row[f"{interval}_low"] > 0 or row[f"{interval}_high"] < 0):
        return ""
    if not can_decide(row):
        return ", so the interval decides nothing"
    is_tested = row["reason"] in (NOT_SIGNIFICANT, NEITHER_SHOWN)
    return ", although the interval excludes 0" if is_tested else ""  # a caution says why


def why_apart(row: Mapping[Any, Any]) -> str:
    """Say why an interval and a p value may disagree."""
    if (row["lost"] or row["baseline_lost"]) and not has_times(row):
        return f"p counts runs that {lost_how(row['metric'])} and the interval does not"
    if row["p_value"] < LEVEL <= row["p_adjusted"]:
        return "p is adjusted for multiple comparisons and the interval is not"
    if has_times(row):
        return "p excludes pairs of equal times and the interval includes them"
    return f"the interval assumes normally distributed differences and the test ({row['test']}) does not"


def _known(value: object) -> str:
    return "unknown" if value is None else str(value)


def _devices(known: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the names of the devices, ignoring older records that lack the processor if other records have it."""
    names = [(device.get("name"), device_name(device)) for device in known]
    refined = {name for name, full in names if full != name}
    return {full for name, full in names if full != name or name not in refined}


def _mixed(records: Sequence[RunRecord]) -> Iterator[str]:
    """Yield sentences on the versions, devices and commits in which the runs differ."""
    versions = {name for record in records for name in record.versions}
    found = {name: {record.versions.get(name) for record in records} for name in sorted(versions)}
    known = [record.device for record in records if record.device]  # empty if the run ended before choosing a device
    found["device"] = {*_devices(known)}
    found["threads"] = {device.get("intra_op_threads") for device in known}
    found["code"] = {(record.code.get("commit") or "")[:12] or None for record in records}
    for name, values in found.items():
        if len(values) > 1:
            what = _MIXED.get(name, f"version of {name}")
            yield f"the runs differ in their {what}: {', '.join(sorted(map(_known, values)))}."
    if changed := sum(bool(record.code.get("dirty")) for record in records):
        which = "all" if changed == len(records) else f"{changed} of"
        of_runs = f"{which} {counted(len(records), 'run')}" if len(records) > 1 else "the run"
        yield f"{of_runs} used code with uncommitted changes."
