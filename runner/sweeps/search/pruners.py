"""Rules that stop trials early if they are unlikely to win."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

_P = 0.1  # the Wilcoxon rule stops a trial below this p value; Optuna's default
_FIRST_PAIRS = 2  # seeds before the first test; Optuna's default


@dataclass(frozen=True)
class Rule:
    """A pruner that watches the epochs of one run of each trial."""

    pruner: str  # median, successive_halving or hyperband
    startup_trials: int
    warmup_epochs: int  # number of epochs before the first decision
    reduction_factor: int
    epochs: int  # number of epochs of a run that is not stopped


@dataclass(frozen=True)
class Course:
    """The scores of a trial after each of its epochs so far; higher is better."""

    number: int  # number of the trial
    scores: Sequence[float]
    is_completed: bool = False


def stops(rule: Rule, variant: str, own: Course, rivals: Sequence[Course]) -> bool:
    """Return whether a trial is stopped after its last epoch so far.

    Concurrent trials are compared by their epochs so far, so no trial waits for another one. The decisions are the same
    as those of Optuna's pruners for the same epochs.

    Args:
        variant: its name; the brackets of hyperband depend on it.
        rivals: the other trials of the variant.

    Source:
        successive_halving: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning" (ASHA).
        hyperband: Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization".
        median: Golovin et al. 2017, "Google Vizier", section 3.2 (median stopping).
    """
    if rule.pruner == "median":
        return _is_below_the_median(rule, own, rivals)
    bracket = 0
    if rule.pruner == "hyperband":
        bracket = _bracket(rule, variant, own.number)
        rivals = [rival for rival in rivals if _bracket(rule, variant, rival.number) == bracket]
    return len(own.scores) in rungs(rule, bracket) and not _is_promoted(rule, own, rivals)


def decides(rule: Rule, epoch: int) -> bool:
    """Return whether a rule may stop a trial after an epoch (counted from 1)."""
    if rule.pruner == "median":
        return epoch > rule.warmup_epochs
    return epoch in rungs(rule, 0)  # they include the rungs of the other brackets


def rungs(rule: Rule, bracket: int) -> list[int]:
    """Return the epochs of a bracket after which trials are compared, excluding the last epoch of a run."""
    first = rule.warmup_epochs * rule.reduction_factor**bracket
    powers = (first * rule.reduction_factor**rung for rung in range(64))
    return list(takewhile(lambda epoch: epoch < rule.epochs, powers))


def _is_promoted(rule: Rule, own: Course, rivals: Sequence[Course]) -> bool:
    epoch = len(own.scores)
    there = sorted([own.scores[-1], *(rival.scores[epoch - 1] for rival in rivals if len(rival.scores) >= epoch)])
    return own.scores[-1] >= there[-max(1, len(there) // rule.reduction_factor)]


def _bracket(rule: Rule, variant: str, number: int) -> int:
    """Return the bracket of a trial; brackets get trials in proportion to their shares of Hyperband's budget."""
    brackets = 1
    while rule.warmup_epochs * rule.reduction_factor**brackets <= rule.epochs:
        brackets += 1
    sizes = [math.ceil(brackets * rule.reduction_factor**left / (left + 1)) for left in reversed(range(brackets))]
    place = zlib.crc32(f"{variant}_{number}".encode()) % sum(sizes)
    for bracket, size in enumerate(sizes):
        place -= size
        if place < 0:
            return bracket
    raise AssertionError("a place is below the sum of the sizes")


def _is_below_the_median(rule: Rule, own: Course, rivals: Sequence[Course]) -> bool:
    completed = [rival for rival in rivals if rival.is_completed]
    epoch = len(own.scores)
    there = [rival.scores[epoch - 1] for rival in completed if len(rival.scores) >= epoch]
    if epoch <= rule.warmup_epochs or len(completed) < rule.startup_trials or not there:
        return False
    return max(own.scores) < median(there)


def is_hopeless(scores: Sequence[float], best: Sequence[float]) -> bool:
    """Return whether the first seeds of a trial are significantly worse than the same seeds of the best trial.

    Args:
        scores: scores of the trial's runs so far, in the order of the tuning seeds; higher is better.
        best: scores of all runs of the best trial.

    Source: Optuna's Wilcoxon pruner, with p < 0.1 after at least two seeds.
    """
    from scipy.stats import wilcoxon  # takes a second, and most searches have one seed

    differences = [own - other for own, other in zip(scores, best, strict=False)]
    if len(differences) < _FIRST_PAIRS or sum(differences) >= 0:
        return False
    return bool(wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue < _P)
