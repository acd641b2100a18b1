"""Figures that a report omits: those that would show nothing new, and those whose data it lacks."""

import numpy as np
import pandas as pd

from runner.reporting.figures.drawing.axes import overrides_frame, sensitivity_axis, varying_axes
from runner.reporting.figures.grids.interaction import shows_every_combination
from runner.reporting.results import Results
from runner.reporting.tuning.tuning_trials import only_axis

LOSS, CROSS_ENTROPY = "loss", "negative_log_likelihood"
_VISIBLE = 0.01  # smallest visible change of a learning rate, relative to its minimum
_ROUNDING = 1e-5  # relative difference of two sums of float32 over the same examples
_TUNED = "a study that tunes keys (study.tune) or a search, with two or more points tried"
_DATA_SETS = "three or more data sets on which every variant has results"
_NOT_YET = "not available for folds, or while runs are still training"
_RELATIVE = (
    f"{_DATA_SETS}, a metric between 0 and 1, and a single baseline that has errors on each data set; {_NOT_YET}"
)
NEEDS = {
    "forest": "a baseline and another variant, both with results on one data set",
    "difference_over_time": "a baseline and another variant, with the validation metric of two or more epochs",
    "accuracy": "accuracies by epoch in history.csv",
    "loss": "losses by epoch in history.csv",
    "negative_log_likelihood": "the metric negative_log_likelihood by epoch in history.csv",
    "generalization_gap": "a completed run with training and validation accuracies",
    "time_to_target": (
        "a target (--target, study.target, or a single baseline with a completed run) that at least one run reached"
    ),
    "time_profile": (
        "a target that you or the study set (--target, study.target) and that some run reached, two or more variants, "
        "three or more data sets or seeds, and no run that is still training"
    ),
    "sensitivity": "a numeric key with three or more values, and three or more of them with the same other values",
    "heat_map": "a sweep over a grid of exactly two keys (one may be the data set), with a completed run",
    "interaction": "a complete grid of two or more keys, each of whose points has the same seeds; no folds",
    "learning_rate": "learning rates by epoch in history.csv",
    "gradient_norm": "runs with the diagnostics gradients (diagnostics=[gradients])",
    "confusion_matrix": "a classification with a confusion matrix in the record of a completed run",
    "ensemble": "a variant with two or more completed runs with predictions for the same test examples; no folds",
    "variance_sources": "a study that varies sources of randomness one at a time (study.vary)",
    "probability_of_improvement": f"{_DATA_SETS}, and two or more variants with one baseline on all; {_NOT_YET}",
    "aggregate_scores": _RELATIVE,
    "performance_profile": _RELATIVE,
    "critical_difference": f"{_DATA_SETS}, three or more variants, and no run that is still training",
    "score_by_time": (
        "two or more variants or data sets, with the validation metric and the seconds of two or more epochs"
    ),
    "tuning_curve": _TUNED,
    "search": "a search for a single configuration (search=...), with two or more trials",
    "tuning_history": "a study that tunes keys in an order: at random or by a search",
    "tuning_slices": _TUNED,
    "importances": "several tuned keys, with enough trials to explain the validation scores",
    "tuning_parallel": "a variant with two or more tuned keys",
}  # by file stem


def undrawn(results: Results) -> dict[str, str]:
    """Return the reason for each omitted figure, by file stem: `loss` -> "equals ..."."""
    history, reasons = results.history, dict[str, str]()
    if is_cross_entropy(history):
        reasons[LOSS] = (
            f"it equals {CROSS_ENTROPY} in every run, because no run has a penalty or label smoothing; draw "
            f"{CROSS_ENTROPY}"
        )
    if "learning_rate" in history and not _is_scheduled(history):
        reasons["learning_rate"] = f"no learning rate changes by more than {_VISIBLE:.0%} during a run"
    if easy := results.easy_target:
        reasons["time_to_target"] = " ".join(easy)
    if interaction_shows_all(results):
        reasons["sensitivity"] = "the figure interaction shows the same means"
    if results.trials and results.repeated_curves is None:
        reasons |= _of_tuning(results)
    return reasons


def interaction_shows_all(results: Results) -> bool:
    """Return whether the interaction plot has a mean for every combination of the varied keys, of all runs."""
    grids = results.factorial.grids
    runs = sum(grid.scores.size for grid in grids)
    return results.tuning is None and runs == len(results.summary) and shows_every_combination(grids)


def _of_tuning(results: Results) -> dict[str, str]:
    """Return the reasons for figures of the trials, each of which another figure shows, or which mean nothing."""
    reasons, importances = dict[str, str](), results.importances
    records = [run.record for run in results.tuning_runs]
    if only_axis(results.trials, records):
        reasons["tuning_slices"] = "the figure sensitivity shows the only tuned key, with every seed"
    elif sensitivity_axis(varying_axes(overrides_frame(records))):
        reasons["sensitivity"] = "the figure tuning_slices shows all tuned keys"
    if results.asked.is_grid:
        reasons["tuning_history"] = "the order of the points of a grid has no meaning"
    if all(len(trials.axes) < 2 for trials in results.trials):
        reasons["tuning_parallel"] = "no variant has two or more tuned keys"
    if not (importances.frame["r_squared"] > 0).any():
        notes = " ".join(importances.notes)
        reasons["importances"] = notes or "only variants with several tuned keys have importances"
    return reasons


def is_cross_entropy(history: pd.DataFrame) -> bool:
    """Return whether the loss is the cross-entropy without penalties or smoothing, at every epoch of every run."""
    pairs = [(f"{part}{LOSS}", f"{part}{CROSS_ENTROPY}") for part in ("", "val_")]
    recorded = [pair for pair in pairs if {*pair} & {*history}]
    return bool(recorded) and all({*pair} <= {*history} and _are_equal(history, *pair) for pair in recorded)


def _are_equal(history: pd.DataFrame, one: str, other: str) -> bool:
    values, others = (history[name].to_numpy(float) for name in (one, other))
    return np.allclose(values, others, rtol=_ROUNDING, equal_nan=True)


def _is_scheduled(history: pd.DataFrame) -> bool:
    """Return whether the learning rate of a run changes visibly; the table of the settings has the others."""
    rates = history.groupby("position")["learning_rate"]
    return bool((rates.max() > (1 + _VISIBLE) * rates.min()).any())
