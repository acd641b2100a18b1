"""How numbers read: shares in percent and their differences in points, the rest as they are."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from runner.reporting.aggregate import NO_RESULT, STILL_TRAINING, TOO_FEW
from runner.reporting.direction import is_share


def value_text(value: float, metric: str) -> str:
    """Return a metric's value: 97.31% or 0.0812."""
    if math.isnan(value):
        return "-"
    return f"{100 * value:.2f}%" if is_share(metric) else f"{value:.4f}"


def spread_text(mean: float, std: float, metric: str) -> str:
    """Return mean and standard deviation: 97.31 ± 0.12 (percent) or 0.0812 ± 0.0031."""
    if math.isnan(mean):
        return "-"
    scale, digits = (100, 2) if is_share(metric) else (1, 4)
    spread = "" if math.isnan(std) else f" ± {std * scale:.{digits}f}"
    return f"{mean * scale:.{digits}f}{spread}"


def signed_text(value: float, metric: str) -> str:
    """Return a difference: +0.21 (percentage points) or -0.0031."""
    return f"{value * 100:+.2f}" if is_share(metric) else f"{value:+.4f}"


def interval_text(comparison: "Mapping[str, Any]", metric: str) -> str:
    """Return a comparison's interval: [+0.05, +0.37]."""
    if math.isnan(comparison["ci_low"]):
        return "-"
    return f"[{signed_text(comparison['ci_low'], metric)}, {signed_text(comparison['ci_high'], metric)}]"


def no_result_text(row: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """Return how many of a variant's runs have no result, by status, from its row of the aggregate; "" if all have."""
    return ", ".join(f"{row[status]} {status}" for status in NO_RESULT if row[status])


def p_text(comparison: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """Return a comparison's p value, where all its runs have ended, and are enough for one to mean something."""
    p_value = comparison["p_holm"]
    if math.isnan(p_value) or comparison["verdict"] in (TOO_FEW, STILL_TRAINING):
        return "-"
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"
