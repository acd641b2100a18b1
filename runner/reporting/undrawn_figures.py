"""Figures that a report omits because they would show nothing new, with the reason for each."""

import numpy as np
import pandas as pd

from runner.reporting.results import Results

LOSS, CROSS_ENTROPY = "loss", "negative_log_likelihood"
_ROUNDING = 1e-5  # relative difference of two sums of float32 over the same examples


def undrawn(results: Results) -> dict[str, str]:
    """Return the reason for each omitted figure, by file stem: `loss` -> "equals ..."."""
    history, reasons = results.history, dict[str, str]()
    if is_cross_entropy(history):
        reasons[LOSS] = (
            f"it equals {CROSS_ENTROPY} in every run, because no run has a penalty or label smoothing; draw "
            f"{CROSS_ENTROPY}"
        )
    if "learning_rate" in history and not _is_scheduled(history):
        reasons["learning_rate"] = "the learning rate of every run is constant"
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
    """Return whether the learning rate of a run changes; constant rates are in the table of the settings."""
    rates = history.groupby("position")["learning_rate"]
    return bool((rates.max() > rates.min()).any())
